import type { Sample } from '../model/sample.ts'

/** First in, first out, at most `limit` samples; one batch at a time is taken out and either settled or put back. */
export class SampleBuffer {
  readonly #limit: number
  #chunks: (readonly Sample[])[] = []
  /** Samples of the first chunk that are gone already. */
  #skip = 0
  #waiting = 0
  #taken: readonly Sample[] = []
  #pushed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Samples that wait, those taken out included. */
  get size(): number {
    return this.#waiting + this.#taken.length
  }

  /** How many samples ever came in. */
  get pushed(): number {
    return this.#pushed
  }

  /** How many of them, in order, are settled or dropped. */
  get done(): number {
    return this.#pushed - this.size
  }

  /** Returns how many of the oldest waiting samples were dropped to make room. */
  push(samples: readonly Sample[]): number {
    this.#chunks.push(samples)
    this.#pushed += samples.length
    this.#waiting += samples.length
    const excess = Math.min(this.#waiting, Math.max(0, this.size - this.#limit))
    this.#discard(excess)
    return excess
  }

  take(count: number): readonly Sample[] {
    const batch: Sample[] = []
    while (batch.length < count && this.#chunks.length > 0) {
      const chunk = this.#chunks[0] as readonly Sample[]
      const part = chunk.slice(this.#skip, this.#skip + count - batch.length)
      for (const sample of part) batch.push(sample)
      this.#discard(part.length)
    }
    this.#taken = batch
    return batch
  }

  /** The batch taken out is stored. */
  settle(): void {
    this.#taken = []
  }

  /** The batch taken out was not stored: it waits again, at the head. */
  putBack(): void {
    const chunk = this.#chunks[0]
    if (chunk && this.#skip > 0) this.#chunks[0] = chunk.slice(this.#skip)
    this.#skip = 0
    this.#chunks.unshift(this.#taken)
    this.#waiting += this.#taken.length
    this.#taken = []
  }

  #discard(count: number): void {
    this.#waiting -= count
    let left = count
    while (left > 0) {
      const rest = (this.#chunks[0] as readonly Sample[]).length - this.#skip
      if (rest > left) {
        this.#skip += left
        return
      }
      left -= rest
      this.#chunks.shift()
      this.#skip = 0
    }
  }
}
