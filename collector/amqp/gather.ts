/**
 * Messages that were read and wait for their turn, as bytes outside the heap: a batch of objects and texts would be copied at
 * each of V8's collections while it waits, which cost more than decoding it.
 */
import type { ParkedMessage } from '../../model/contract.ts'
import type { RecordedEvent } from '../../model/event.ts'
import { textSeparator } from '../../model/message-texts.ts'
import type { Read } from './read.ts'

/** What can be recorded of a batch. */
export interface ReadBatch {
  /** RecordedEvent[] as JSON in UTF-8, each without its text. */
  events: Uint8Array
  /** The text of each of them, in UTF-8, `textSeparator` between. */
  texts: Uint8Array
}

/** `M`: what the message came in; the last one is what is acknowledged. */
export class Gathering<M> {
  readonly #events = new Bytes()
  readonly #texts = new Bytes()
  parked: ParkedMessage[] = []
  messages = 0
  last: M | null = null

  add(message: M, read: Read): void {
    this.messages++
    this.last = message
    if (!read.ok) {
      this.parked.push(read.parked)
      return
    }
    const { raw, ...recorded } = read.recorded
    this.#events.add(this.#events.isEmpty ? '[' : ',')
    this.#events.add(JSON.stringify({ ...recorded, raw: null }))
    if (!this.#texts.isEmpty) this.#texts.add(textSeparator)
    this.#texts.add(raw ?? '')
  }

  /** Null when everything was parked. */
  batch(): ReadBatch | null {
    if (this.#events.isEmpty) return null
    this.#events.add(']')
    return { events: this.#events.written, texts: this.#texts.written }
  }

  /** Empty again, with the room that it has: what `batch` gave must not be read any more. */
  clear(): void {
    this.#events.clear()
    this.#texts.clear()
    this.parked = []
    this.messages = 0
    this.last = null
  }
}

const utf8 = new TextDecoder()

/** What `ReadBatch.events` holds. */
export const eventsIn = (events: Uint8Array) => JSON.parse(utf8.decode(events)) as RecordedEvent[]

/** Grows as it is written to. */
class Bytes {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024)
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  add(text: string): void {
    // a UTF-16 unit takes three bytes at the most
    const needed = this.#length + 3 * text.length
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(2 * needed)
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    this.#length += this.#buffer.write(text, this.#length)
  }
}
