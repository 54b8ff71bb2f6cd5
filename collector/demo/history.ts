/** The demo's past, made by the very collector that makes its present, over a clock that is set by hand. */
import type { Clock } from '../../model/clock.ts'
import { newHypervisorMemory } from '../libvirt/hypervisor-memory.ts'
import type { LibvirtConnection } from '../libvirt/section.ts'
import { HypervisorSession, type SessionDeps } from '../libvirt/session.ts'

/** A clock that stands still until it is set. Sleepers wake when it passes their time. */
export interface SteppedClock extends Clock {
  set(time: number): void
}

/** A stepped clock that shows `start`, epoch ms. */
export function steppedClock(start: number): SteppedClock {
  let time = start
  const sleepers = new Map<() => void, number>()
  return {
    now: () => time,
    monotonic: () => time - start,
    set(to) {
      time = to
      for (const [wake, due] of [...sleepers].sort(([, a], [, b]) => a - b)) if (due <= to) wake()
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const stop = () => {
          sleepers.delete(wake)
          reject(signal?.reason)
        }
        const wake = () => {
          sleepers.delete(wake)
          signal?.removeEventListener('abort', stop)
          resolve()
        }
        sleepers.set(wake, time + ms)
        signal?.addEventListener('abort', stop, { once: true })
      }),
  }
}

export interface HistoryOptions {
  /** Of the demo hypervisor, which must run on the same clock. */
  config: LibvirtConnection
  deps: Omit<SessionDeps, 'clock'>
  clock: SteppedClock
  /** Epoch ms, both inclusive. */
  from: number
  to: number
  step: number
  signal?: AbortSignal
  /** Called after each poll: how much is done, 0 to 1. */
  onProgress?: (done: number) => void
}

/** Polls at each step from `from` to `to`; samples and events go through the intake as if each had just happened. */
export async function collectHistory(options: HistoryOptions): Promise<void> {
  const { clock, from, to, step } = options
  clock.set(from)
  const memory = newHypervisorMemory(options.config, clock)
  const session = await HypervisorSession.open(options.config, { ...options.deps, clock }, memory)
  try {
    for (let time = from; time <= to && options.signal?.aborted !== true; time += step) {
      clock.set(time)
      await session.poll()
      await session.settle()
      options.onProgress?.(to === from ? 1 : (time - from) / (to - from))
    }
  } finally {
    session.close()
    memory.monitors.close()
  }
}
