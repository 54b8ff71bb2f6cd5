/**
 * The thread of the bus collectors: AMQP, decoding and de-enveloping happen here; what is read goes to the main thread, which
 * owns the journal. Started by `threaded.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Secret } from '../../config/fields.ts'
import { systemClock } from '../../model/clock.ts'
import type { Logger } from '../../model/contract.ts'
import { compressTexts } from '../../model/message-texts.ts'
import { runCollectors } from '../run.ts'
import { amqpCollector } from './collect.ts'
import type { Calls, FromThread, LogLevel, ThreadSource, ToThread } from './thread-protocol.ts'

if (!parentPort) throw new Error('collector/amqp/thread.ts is started by threaded.ts, not by itself')
const port = parentPort
const tell = (message: FromThread) => port.postMessage(message)

const waiting = new Map<number, PromiseWithResolvers<unknown>>()
let calls = 0

function call<N extends keyof Calls>(name: N, ...args: Parameters<Calls[N]>): ReturnType<Calls[N]> {
  const id = ++calls
  const answer = Promise.withResolvers<unknown>()
  waiting.set(id, answer)
  tell({ kind: 'call', id, name, args })
  return answer.promise as ReturnType<Calls[N]>
}

const stop = new AbortController()
port.on('message', (message: ToThread) => {
  if (message.kind === 'stop') return stop.abort(new Error('stopped'))
  const answer = waiting.get(message.id)
  waiting.delete(message.id)
  if (message.kind === 'answer') answer?.resolve(message.value)
  else answer?.reject(new Error(message.message))
})

const logger = (fields: Readonly<Record<string, unknown>>): Logger => {
  const at = (level: LogLevel) => (message: string, more?: Readonly<Record<string, unknown>>) =>
    tell({ kind: 'log', level, message, fields: { ...fields, ...more } })
  return {
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    child: (more) => logger({ ...fields, ...more }),
  }
}

const deps = {
  intake: {
    // copied first: of a view the whole buffer would be cloned, with the room that it has to grow
    batch: async ({ events, texts }) => call('record', new Uint8Array(events), await compressTexts(texts)),
    park: (messages) => call('park', messages),
  },
  listening: {
    last: (source) => call('last', source),
    bound: (source, exchanges, at) => call('bound', source, exchanges, at),
    absent: (absences) => call('absent', absences),
  },
  health: { report: (report) => tell({ kind: 'health', report }) },
  clock: systemClock,
  logger: logger({}),
} satisfies Parameters<typeof amqpCollector>[1]

const sources = (workerData as ThreadSource[]).map(({ password, ...source }) => ({
  ...source,
  ...(password !== undefined && { password: new Secret(password) }),
}))
await runCollectors(
  sources.map((source) => amqpCollector(source, deps)),
  { clock: systemClock, logger: deps.logger, signal: stop.signal },
)
port.close()
