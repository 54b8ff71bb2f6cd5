/** How often something may be tried within a window. */
export interface RateLimit {
  /** False when this key has used up its tries; otherwise counts one. */
  take(key: string): boolean
  /** Forgets a key's tries, after a success. */
  forget(key: string): void
}

const keysAtMost = 10_000

/** `tries` per key and window. The oldest keys are forgotten first when there are too many, so memory stays bounded. */
export function rateLimit(tries: number, windowMs: number, now: () => number): RateLimit {
  const used = new Map<string, { count: number; until: number }>()
  return {
    take(key) {
      const at = now()
      let entry = used.get(key)
      if (!entry || entry.until <= at) {
        entry = { count: 0, until: at + windowMs }
        used.delete(key)
        used.set(key, entry)
        const oldest = used.size > keysAtMost ? used.keys().next().value : undefined
        if (oldest !== undefined) used.delete(oldest)
      }
      entry.count++
      return entry.count <= tries
    },
    forget: (key) => {
      used.delete(key)
    },
  }
}
