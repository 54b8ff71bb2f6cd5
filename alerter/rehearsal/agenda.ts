import type { Entry } from '../registry.ts'

/** Which checks are due when. Few instants hold many checks. */
export class Agenda {
  readonly #at = new Map<number, Entry[]>()

  constructor(entries: Iterable<Entry>) {
    this.add(entries)
  }

  add(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      const at = entry.stored.nextCheck ?? 0
      const there = this.#at.get(at)
      if (there) there.push(entry)
      else this.#at.set(at, [entry])
    }
  }

  next(): number | null {
    let first: number | null = null
    for (const at of this.#at.keys()) if (first === null || at < first) first = at
    return first
  }

  /** One that was put forward meanwhile is at another instant. */
  take(at: number): Entry[] {
    const entries = this.#at.get(at) ?? []
    this.#at.delete(at)
    return [...new Set(entries)].filter(({ stored }) => (stored.nextCheck ?? 0) === at)
  }
}
