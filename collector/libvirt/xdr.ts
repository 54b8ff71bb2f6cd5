/** XDR (RFC 4506) as libvirt uses it: big-endian, every item padded to four bytes. Bytes read come from outside: each length is checked before use. */
import { AppError } from '../../model/contract.ts'

/** libvirt's own limit for one string (REMOTE_STRING_MAX). */
export const maxStringBytes = 4 * 1024 * 1024

/** The failure of every decoder here: what the peer sent breaks its own format. */
export const malformed = (what: string) => new AppError('protocol', `libvirt sent a malformed message: ${what}`)

interface Name {
  bytes: Uint8Array
  text: string
}

/** Names by a hash of their bytes; a new one takes the place of another, so there are never more, whatever a peer sends. */
const names: (Name | undefined)[] = Array.from({ length: 4096 })

/** FNV-1a over some bytes of a name. */
function nameOf(bytes: Uint8Array, at: number, length: number): string {
  let hash = 0x811c9dc5
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  const slot = (hash ^ (hash >>> 16)) & (names.length - 1)
  const known = names[slot]
  if (known !== undefined && isAt(known.bytes, bytes, at, length)) return known.text
  const own = Uint8Array.prototype.slice.call(bytes, at, at + length)
  const text = Buffer.from(own.buffer, own.byteOffset, length).toString('utf8')
  names[slot] = { bytes: own, text }
  return text
}

function isAt(name: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (name.length !== length) return false
  for (let i = 0; i < length; i++) if (name[i] !== bytes[at + i]) return false
  return true
}

const padded = (length: number) => (length + 3) & ~3

/** Reads items in order and never past the end. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  int(): number {
    const at = this.#take(4)
    return this.#bytes.readInt32BE(at)
  }

  uint(): number {
    const at = this.#take(4)
    return this.#bytes.readUInt32BE(at)
  }

  /** Exact up to 2^53; beyond it the nearest double, which costs a rate of nanoseconds nothing. */
  hyper(): number {
    const at = this.#take(8)
    return this.#bytes.readInt32BE(at) * 4294967296 + this.#bytes.readUInt32BE(at + 4)
  }

  /** As `hyper`; null for all ones, which is how libvirt says "unlimited" or "unset". */
  uhyper(): number | null {
    const at = this.#take(8)
    const high = this.#bytes.readUInt32BE(at)
    const low = this.#bytes.readUInt32BE(at + 4)
    return high === 0xffffffff && low === 0xffffffff ? null : high * 4294967296 + low
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8))
  }

  bool(): boolean {
    const value = this.uint()
    if (value > 1) throw malformed(`a yes/no of ${value}`)
    return value === 1
  }

  string(maxBytes = maxStringBytes): string {
    const length = this.uint()
    if (length > maxBytes) throw malformed(`a string of ${length} bytes (at most ${maxBytes})`)
    const at = this.#take(padded(length))
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** As `string`, for words that come again and again: the same bytes give the same text, which is made once. */
  name(maxBytes: number): string {
    const length = this.uint()
    if (length > maxBytes) throw malformed(`a name of ${length} bytes (at most ${maxBytes})`)
    const at = this.#take(padded(length))
    return nameOf(this.#bytes, at, length)
  }

  optional<T>(read: () => T): T | null {
    return this.bool() ? read() : null
  }

  /** 16 raw bytes → 8-4-4-4-12. */
  uuid(): string {
    const at = this.#take(16)
    const hex = this.#bytes.toString('hex', at, at + 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** `smallest` is the least number of bytes an item can take: a count that cannot fit is refused before anything is allocated. */
  list<T>(smallest: number, maxItems: number, read: () => T): T[] {
    const count = this.uint()
    if (count > maxItems || count * smallest > this.left) throw malformed(`a list of ${count} items in ${this.left} bytes`)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  skip(bytes: number): void {
    this.#take(padded(bytes))
  }

  /** Replies must be used up: what is left over means that the layout was misunderstood. */
  end(): void {
    if (this.left > 0) throw malformed(`${this.left} bytes too many`)
  }

  #take(bytes: number): number {
    const at = this.#at
    if (bytes > this.#bytes.length - at) throw malformed(`${bytes} bytes wanted where ${this.left} are left`)
    this.#at = at + bytes
    return at
  }
}

/** Writes items into one growing buffer. */
export class XdrWriter {
  #bytes = Buffer.allocUnsafe(256)
  #at = 0

  int(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeInt32BE(value, at)
    return this
  }

  uint(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value, at)
    return this
  }

  hyper(value: number): this {
    const at = this.#room(8)
    this.#bytes.writeInt32BE(Math.floor(value / 4294967296), at)
    this.#bytes.writeUInt32BE(value - Math.floor(value / 4294967296) * 4294967296, at + 4)
    return this
  }

  double(value: number): this {
    const at = this.#room(8)
    this.#bytes.writeDoubleBE(value, at)
    return this
  }

  bool(value: boolean): this {
    return this.uint(value ? 1 : 0)
  }

  string(text: string): this {
    const length = Buffer.byteLength(text, 'utf8')
    this.uint(length)
    const at = this.#room(padded(length))
    this.#bytes.write(text, at, length, 'utf8')
    this.#bytes.fill(0, at + length, at + padded(length))
    return this
  }

  optional<T>(value: T | null, write: (value: T) => void): this {
    this.bool(value !== null)
    if (value !== null) write(value)
    return this
  }

  uuid(text: string): this {
    const hex = text.replaceAll('-', '')
    if (!/^[0-9a-f]{32}$/i.test(hex)) throw new AppError('invalid', `not a UUID: ${text}`)
    const at = this.#room(16)
    this.#bytes.write(hex, at, 'hex')
    return this
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.uint(items.length)
    for (const item of items) write(item)
    return this
  }

  /** What was written so far; the writer may not be used again. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  #room(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + bytes))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    this.#at = at + bytes
    return at
  }
}
