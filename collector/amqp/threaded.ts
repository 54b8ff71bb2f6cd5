/** The bus collectors in a thread of their own, so that reading messages and writing them go on at the same time. */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../model/clock.ts'
import type { Collector, Intake, ListeningLog, Logger } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import { eventsIn } from './gather.ts'
import type { AmqpSource } from './section.ts'
import type { Calls, FromThread, ThreadSource, ToThread } from './thread-protocol.ts'

/** Stopping takes no longer than this; what is not acknowledged then is delivered again. */
const stopMs = 8000

interface Deps {
  intake: Pick<Intake, 'events' | 'park'>
  listening: ListeningLog
  health: Pick<HealthBoard, 'report'>
  clock: Clock
  logger: Logger
}

/** All sources in one thread. A thread that dies makes `run` throw, and is started anew by whoever runs collectors. */
export function threadedAmqp(sources: readonly AmqpSource[], { intake, listening, health, clock, logger }: Deps): Collector {
  const calls: Calls = {
    record: (events, texts) => intake.events(eventsIn(events), texts),
    park: (messages) => intake.park(messages),
    last: (source) => listening.last(source),
    bound: (source, exchanges, at) => listening.bound(source, exchanges, at),
    absent: (absences) => listening.absent(absences),
  }

  return {
    name: 'bus notifications',
    async run(signal) {
      const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: sources.map(portable) })
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
      const tell = (message: ToThread) => thread.postMessage(message)
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'log') logger[message.level](message.message, message.fields)
        else if (message.kind === 'health') health.report(message.report)
        else void answer(message, tell)
      })
      thread.on('error', reject)
      thread.on('exit', (code) =>
        code === 0 || signal.aborted ? resolve() : reject(new Error(`its thread ended with code ${code}`)),
      )
      const stop = () => {
        tell({ kind: 'stop' })
        const late = new AbortController()
        void ended.catch(() => undefined).then(() => late.abort())
        clock.sleep(stopMs, late.signal).then(
          () => thread.terminate(),
          () => undefined, // it ended by itself
        )
      }
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      try {
        await ended
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
  }

  async function answer({ id, name, args }: Extract<FromThread, { kind: 'call' }>, tell: (message: ToThread) => void) {
    try {
      const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown>
      tell({ kind: 'answer', id, value: await call(...args) })
    } catch (error) {
      tell({ kind: 'failure', id, message: (error as Error).message })
    }
  }
}

const portable = ({ password, ...source }: AmqpSource): ThreadSource => ({
  ...source,
  ...(password && { password: password.reveal() }),
})
