/** Bus notifications → journal: at least once in, acknowledged only when durable, so exactly once counted. */
import type { ConsumeMessage } from 'amqplib'
import type { Clock } from '../../model/clock.ts'
import type { Collector, Intake, ListeningLog, Logger, RecordCounts } from '../../model/contract.ts'
import type { Json } from '../../model/event.ts'
import type { HealthBoard } from '../../model/health.ts'
import { type Subscription, subscribe } from './connection.ts'
import { Gathering, type ReadBatch } from './gather.ts'
import { presence } from './presence.ts'
import { watchQueues } from './queues.ts'
import { type Read, readDelivered } from './read.ts'
import type { AmqpSource } from './section.ts'

/** A batch is closed when it is full or when its first message waited this long. */
const batchWaitMs = 20
/**
 * Exchanges that were there and are gone come back when their service reconnects, and what it publishes before we bind again
 * is lost to us: they are looked for often. Exchanges never seen are looked for now and then; all bindings are renewed at times.
 */
const lostExchangeMs = 200
const missingExchangeMs = 2000
const renewBindingsMs = 30_000
const firstPauseMs = 500
const longestPauseMs = 3000

interface Deps {
  intake: Pick<Intake, 'park'> & {
    /** Resolves once durable. */
    batch(read: ReadBatch): Promise<RecordCounts>
  }
  /** Where our own absences are kept; without it they are forgotten. */
  listening?: ListeningLog
  clock: Clock
  logger: Logger
  health: Pick<HealthBoard, 'report'>
}

interface Counters {
  messages: number
  events: number
  duplicates: number
  ignored: number
  parked: number
  reconnects: number
}

export function amqpCollector(source: AmqpSource, deps: Deps): Collector {
  const name = `amqp ${source.name}`
  const { clock, logger, health } = deps
  const counters: Counters = { messages: 0, events: 0, duplicates: 0, ignored: 0, parked: 0, reconnects: 0 }
  const bound = new Set<string>()
  const present = presence(source, deps.listening ?? forgetful, clock)
  const report = (state: 'starting' | 'ok' | 'degraded' | 'down' | 'stopped', detail: string) =>
    health.report({ component: name, kind: 'amqp', state, detail, numbers: { ...counters } })

  return {
    name,
    async run(signal) {
      let pause = firstPauseMs
      let attempt = 0
      let downSince: number | null = null
      report('starting', 'connecting')
      while (!signal.aborted) {
        const url = source.urls[attempt++ % source.urls.length] as string
        const host = new URL(url).host
        try {
          await session(url, signal, () => {
            if (downSince !== null)
              logger.info(
                `${name}: connected to ${host} again after ${Math.round((clock.now() - downSince) / 1000)} s and ${attempt} attempts`,
              )
            else logger.info(`${name}: connected to ${host}`)
            downSince = null
            attempt = 0
            pause = firstPauseMs
          })
        } catch (error) {
          if (signal.aborted) break
          const reason = reasonOf(error)
          counters.reconnects++
          report('down', `${host}: ${reason}; trying again`)
          if (downSince === null) logger.warn(`${name}: ${host}: ${reason}; trying again until it answers`)
          downSince ??= clock.now()
        }
        if (signal.aborted) break
        await clock.sleep(pause, signal).catch(() => undefined) // aborted: the loop's condition ends it
        if (attempt % source.urls.length === 0) pause = Math.min(pause * 2, longestPauseMs)
      }
      report('stopped', 'stopped')
    },
  }

  /** One connection's life. Returns when the signal is aborted; throws when the connection is lost or the journal refuses. */
  async function session(url: string, signal: AbortSignal, connected: () => void): Promise<void> {
    let waiting = new Gathering<ConsumeMessage>()
    // used in turn: memory that is asked for anew with each batch makes V8 collect all the time
    let spare = new Gathering<ConsumeMessage>()
    // a third of what may be under way: one batch is written, the next is received and read, one is on its way from the broker
    const batchSize = Math.max(1, Math.floor(source.prefetch / 3))
    let wake: () => void = () => undefined
    const subscription = await subscribe(source, url, (message) => {
      waiting.add(message, readMessage(message))
      if (waiting.messages === 1 || waiting.messages >= batchSize) wake()
    })
    connected()
    await present.connected(subscription).catch((error: Error) => logger.warn(`${name}: ${error.message}`))
    let lost: string | null = null
    let good: number | null = null
    void subscription.closed.then((reason) => {
      lost = reason
      // a line that went dead is noticed when two heartbeats are missing
      good = clock.now() - (/heartbeat/i.test(reason) ? 2 * source.heartbeat : 0)
      wake()
    })
    const stop = () => wake()
    signal.addEventListener('abort', stop)
    const bindings = keepBound(subscription, signal)
    try {
      while (!signal.aborted && lost === null) {
        if (waiting.messages === 0) await new Promise<void>((resolve) => (wake = resolve))
        if (waiting.messages === 0) continue
        if (waiting.messages < batchSize) await clock.sleep(batchWaitMs)
        if (lost !== null) break // the broker delivers these again
        const gathered = waiting
        waiting = spare
        await take(gathered, subscription)
        gathered.clear()
        spare = gathered
      }
      if (lost !== null && !signal.aborted) throw new Error(lost)
    } finally {
      signal.removeEventListener('abort', stop)
      bindings.stop()
      await present
        .gone(good ?? clock.now())
        .catch((error: Error) => logger.warn(`${name}: our absence is not kept: ${error.message}`))
      await subscription.close()
    }
  }

  async function take(gathered: Gathering<ConsumeMessage>, subscription: Subscription): Promise<void> {
    const { parked, messages, last } = gathered
    if (parked.length > 0) await deps.intake.park(parked)
    const batch = gathered.batch()
    const counts = batch ? await deps.intake.batch(batch) : { events: 0, duplicates: 0, ignored: 0 }
    subscription.acknowledge(last as ConsumeMessage)
    counters.messages += messages
    counters.events += counts.events
    counters.duplicates += counts.duplicates
    counters.ignored += counts.ignored
    counters.parked += parked.length
    if (parked.length > 0) logger.warn(`${name}: ${parked.length} messages parked: ${parked[0]?.reason}`)
    report('ok', 'receiving')
  }

  function keepBound(subscription: Subscription, signal: AbortSignal): { stop(): void } {
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    const loop = async () => {
      let marked = false
      while (!either.aborted) {
        const missing = await subscription.bind()
        const noted = await present.looked(missing).then(
          () => true,
          (error: Error) => {
            logger.warn(`${name}: our absence is not kept: ${error.message}`)
            return false
          },
        )
        // only now: after a kill before this the next start would believe that nothing had happened
        if (noted && !marked) {
          await subscription.mark()
          marked = true
        }
        if (missing.length === source.exchanges.length) report('degraded', `no exchange yet of: ${missing.join(', ')}`)
        else report('ok', missing.length === 0 ? 'receiving' : `receiving; no exchange yet: ${missing.join(', ')}`)
        for (const exchange of source.exchanges) if (!missing.includes(exchange)) bound.add(exchange)
        const lost = missing.some((exchange) => bound.has(exchange))
        await clock.sleep(lost ? lostExchangeMs : missing.length > 0 ? missingExchangeMs : renewBindingsMs, either)
      }
    }
    // a lost connection ends the session by `closed`; an abort ends the sleep
    void loop().catch((error: unknown) => {
      if (!either.aborted) logger.debug(`${name}: bindings: ${reasonOf(error)}`)
    })
    void watchQueues(subscription, source, { clock, health }, either).catch((error: unknown) => {
      if (!either.aborted) logger.debug(`${name}: queues: ${reasonOf(error)}`)
    })
    return { stop: () => ended.abort() }
  }
}

const forgetful: ListeningLog = { last: async () => new Map(), bound: async () => undefined, absent: async () => undefined }

function readMessage(message: ConsumeMessage): Read {
  const { exchange, routingKey } = message.fields
  return readDelivered({ exchange, routing_key: routingKey, properties: message.properties as unknown as Json }, message.content)
}

/** amqplib's messages name the host and the reply code; never the password. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}
