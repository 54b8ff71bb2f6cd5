/** libvirt's message framing: a length that counts itself, six words of header, a body. The same on client and server side. */
import { malformed } from './xdr.ts'

export const programs = { remote: 0x20008086, qemu: 0x20008087, keepalive: 0x6b656570 } as const

export const messageTypes = { call: 0, reply: 1, event: 2 } as const

export const statuses = { ok: 0, error: 1, continue: 2 } as const

/** Whole message, VIR_NET_MESSAGE_MAX of libvirt since 2020. */
export const maxFrameBytes = 32 * 1024 * 1024

const headerBytes = 28

export interface Header {
  program: number
  version: number
  procedure: number
  type: number
  serial: number
  status: number
}

export interface Frame {
  header: Header
  body: Buffer
}

/** One message, ready to be written. */
export function encodeFrame(header: Header, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + body.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(header.program, 4)
  bytes.writeUInt32BE(header.version, 8)
  bytes.writeUInt32BE(header.procedure, 12)
  bytes.writeUInt32BE(header.type, 16)
  bytes.writeUInt32BE(header.serial, 20)
  bytes.writeUInt32BE(header.status, 24)
  body.copy(bytes, headerBytes)
  return bytes
}

/** The inverse of `encodeFrame`, for exactly one message. */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== bytes.length)
    throw malformed(`a message of ${bytes.length} bytes whose length word disagrees`)
  const header: Header = {
    program: bytes.readUInt32BE(4),
    version: bytes.readUInt32BE(8),
    procedure: bytes.readUInt32BE(12),
    type: bytes.readUInt32BE(16),
    serial: bytes.readUInt32BE(20),
    status: bytes.readUInt32BE(24),
  }
  return { header, body: bytes.subarray(headerBytes) }
}

/** Cuts a byte stream into messages. Holds at most one incomplete message, and only the bytes of it that really came. */
export class FrameSplitter {
  #chunks: Buffer[] = []
  #have = 0
  #want = 4

  /** A message has begun and is not complete. */
  get partial(): boolean {
    return this.#have > 0
  }

  /** The messages that this chunk completes. Throws AppError('protocol') on an impossible length: the stream is lost then. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk)
    this.#have += chunk.length
    if (this.#have < this.#want) return []
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#have)
    const frames: Frame[] = []
    this.#want = 4
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0)
      if (length < headerBytes || length > maxFrameBytes) throw malformed(`a message of ${length} bytes`)
      if (bytes.length < length) {
        this.#want = length
        break
      }
      frames.push(decodeFrame(bytes.subarray(0, length)))
      bytes = bytes.subarray(length)
    }
    this.#chunks = bytes.length > 0 ? [bytes] : []
    this.#have = bytes.length
    return frames
  }
}
