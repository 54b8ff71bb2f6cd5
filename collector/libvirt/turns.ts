/**
 * How many hypervisors this process opens or polls at a time. However many are configured, and whatever happened to them, no more
 * handshakes and polls are under way than there are turns.
 */

/** `suspect`: one that failed or hung the last time. It waits for an answer that may not come, so it gets a share only. */
export type Lane = 'usual' | 'suspect'

export interface Turns {
  /** Runs `work` when its turn has come: the longest waiting first. Rejects with the signal's reason when it is aborted before. */
  take<T>(lane: Lane, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

/** One of four turns at the most is a suspect's, so that a rack that is away holds up nobody else for longer than once. */
const suspectsShare = 4

export function turns(atOnce: number): Turns {
  const most: Record<Lane, number> = { usual: atOnce, suspect: Math.max(1, Math.floor(atOnce / suspectsShare)) }
  const running: Record<Lane, number> = { usual: 0, suspect: 0 }
  const waiting = new Set<{ lane: Lane; go: () => void }>()
  const free = (lane: Lane) => running.usual + running.suspect < atOnce && running[lane] < most[lane]

  function next(): void {
    for (const one of waiting)
      if (free(one.lane)) {
        waiting.delete(one)
        running[one.lane]++
        one.go()
      }
  }

  return {
    async take(lane, signal, work) {
      signal.throwIfAborted()
      await new Promise<void>((go, reject) => {
        const one = {
          lane,
          go: () => {
            signal.removeEventListener('abort', stop)
            go()
          },
        }
        const stop = () => {
          waiting.delete(one)
          reject(signal.reason)
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.add(one)
        next()
      })
      try {
        return await work()
      } finally {
        running[lane]--
        next()
      }
    },
  }
}
