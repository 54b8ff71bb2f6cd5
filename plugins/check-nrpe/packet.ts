/**
 * Packets of NRPE 2, 3 and 4 (nrpe 4.1, include/common.h): version, type, CRC-32 of the packet with that field zero, result code,
 * and a text that ends with NUL. Numbers are big-endian.
 */
import { crc32 } from 'node:zlib'

export type NrpeVersion = 2 | 3 | 4

const query = 1
const response = 2
/** Version 2: a text of this size, whatever is in it, and two bytes that the C compiler adds. */
const shortText = 1024
const shortPacket = 10 + shortText + 2
/** From version 3 on: a field of alignment and the text's length stand before it. */
const longHeader = 16
/** Version 3 counts three bytes more than its parts: sent as zeros, counted by the CRC, and not read by everybody. */
const tail = { 3: 3, 4: 0 } as const
/** NRPE answers 64 KiB at most; what claims more is no NRPE. */
export const mostText = 1024 * 1024

export function encodeQuery(version: NrpeVersion, text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (version === 2 && bytes.length >= shortText) throw new RangeError(`NRPE version 2 takes commands of ${shortText - 1} bytes`)
  const size = version === 2 ? shortPacket : Math.max(shortPacket, longHeader + tail[version] + bytes.length + 1)
  const packet = Buffer.alloc(size)
  packet.writeInt16BE(version, 0)
  packet.writeInt16BE(query, 2)
  if (version > 2) packet.writeUInt32BE(size - longHeader - tail[version as 3 | 4], 12)
  bytes.copy(packet, version === 2 ? 10 : longHeader)
  packet.writeUInt32BE(crc32(packet), 4)
  return packet
}

export type Answer =
  /** So many bytes at least are needed in all. */
  | { kind: 'more'; bytes: number }
  | { kind: 'answer'; code: number; text: string }
  /** It is no answer that NRPE gives; the words are those of check_nrpe. */
  | { kind: 'wrong'; reason: string }

/** Reads the beginning of what came so far. */
export function decodeAnswer(received: Buffer): Answer {
  if (received.length < 10) return { kind: 'more', bytes: 10 }
  const version = received.readInt16BE(0)
  if (version !== 2 && version !== 3 && version !== 4) return wrong('Invalid packet version received from server.')
  if (received.readInt16BE(2) !== response) return wrong('Invalid packet type received from server.')
  if (version === 2) {
    if (received.length < shortPacket) return { kind: 'more', bytes: shortPacket }
    return checked(received.subarray(0, shortPacket), 10, shortText)
  }
  if (received.length < longHeader) return { kind: 'more', bytes: longHeader }
  const length = received.readUInt32BE(12)
  if (length > mostText) return wrong(`Invalid packet length received from server: ${length} bytes.`)
  const size = longHeader + length
  if (received.length < size) return { kind: 'more', bytes: size }
  const packet = received.subarray(0, size)
  const plain = checked(packet, longHeader, length)
  if (version === 4 || plain.kind === 'answer') return plain
  return checked(Buffer.concat([packet, Buffer.alloc(tail[3])]), longHeader, length)
}

function checked(packet: Buffer, from: number, length: number): Answer {
  const said = packet.readUInt32BE(4)
  const zeroed = Buffer.from(packet)
  zeroed.writeUInt32BE(0, 4)
  if (crc32(zeroed) !== said) return wrong('Response packet had invalid CRC32.')
  const text = packet.subarray(from, from + length)
  const end = text.indexOf(0)
  return { kind: 'answer', code: packet.readInt16BE(8), text: text.toString('utf8', 0, end === -1 ? length : end) }
}

const wrong = (reason: string): Answer => ({ kind: 'wrong', reason })
