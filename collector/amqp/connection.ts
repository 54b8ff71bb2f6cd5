/** One connection to one of the broker's nodes, with everything in it declared the careful way. */
import { readFileSync } from 'node:fs'
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib'
import type { AmqpSource } from './section.ts'

/** Milliseconds to get a connection, TLS and AMQP handshakes included. */
const connectTimeoutMs = 10_000

export interface Subscription {
  /** Acknowledges this delivery and all before it. */
  acknowledge(upTo: ConsumeMessage): void
  /** Binds the exchanges that exist; returns those that do not (yet). Safe to repeat: bindings of a re-created exchange come back. */
  bind(): Promise<string[]>
  /** Our queue was there already, with whatever waits in it. */
  readonly queueWasThere: boolean
  /**
   * Our mark was there: the broker has not been restarted since `mark`, so that bindings of that time have held all along. An
   * exchange that somebody deleted and made anew in that time goes unnoticed.
   */
  readonly bindingsHeld: boolean
  /** Leaves the mark: a queue of ours that does not outlive the broker. A broker that refuses it leaves us in doubt. */
  mark(): Promise<void>
  /** Messages and consumers of those of the named queues that exist. */
  queues(names: readonly string[]): Promise<{ name: string; messages: number; consumers: number }[]>
  /** Resolves with the reason when the connection or channel is gone. */
  readonly closed: Promise<string>
  close(): Promise<void>
}

export async function subscribe(
  source: AmqpSource,
  url: string,
  onMessage: (message: ConsumeMessage) => void,
): Promise<Subscription> {
  const connection = await openConnection(source, url)
  const { promise: closed, resolve: gone } = Promise.withResolvers<string>()
  connection.on('error', (error: Error) => gone(error.message))
  connection.on('close', () => gone('the broker closed the connection'))
  try {
    const channel = await connection.createChannel()
    channel.on('error', (error: Error) => gone(error.message))
    channel.on('close', () => gone('the broker closed the channel'))
    await channel.prefetch(source.prefetch)
    const markName = `${source.queue}.mark`
    const queueWasThere = (await lookAt(connection, source.queue)) !== null
    const bindingsHeld = queueWasThere && (await lookAt(connection, markName)) !== null
    await channel.assertQueue(source.queue, {
      durable: true,
      arguments: source.queueType === 'quorum' ? { 'x-queue-type': 'quorum' } : {},
    })
    const bind = () => bindExchanges(connection, source)
    // first the bindings, then the flow: what was published in between is in the queue
    await bind()
    await channel.consume(source.queue, (message) => (message === null ? gone('the queue was deleted') : onMessage(message)))
    return {
      closed,
      bind,
      queueWasThere,
      bindingsHeld,
      mark: () =>
        onOwnChannel(connection, async (own) => {
          await own.assertQueue(markName, { durable: false })
        }).catch(() => undefined),
      async queues(names) {
        const found = []
        for (const name of names) {
          const queue = await lookAt(connection, name)
          if (queue) found.push({ name, ...queue })
        }
        return found
      },
      acknowledge: (upTo) => channel.ack(upTo, true),
      async close() {
        await settled(channel.close())
        await settled(connection.close())
      },
    }
  } catch (error) {
    await settled(connection.close())
    throw error
  }
}

/** One node of a broker; `name` is what its administrators see. */
export async function openConnection(
  source: Pick<AmqpSource, 'password' | 'vhost' | 'heartbeat' | 'tls'>,
  url: string,
  name = 'specola',
): Promise<ChannelModel> {
  const parsed = new URL(url)
  const secure = parsed.protocol === 'amqps:'
  const options = {
    protocol: parsed.protocol.slice(0, -1),
    hostname: parsed.hostname,
    port: parsed.port === '' ? (secure ? 5671 : 5672) : Number(parsed.port),
    username: decodeURIComponent(parsed.username) || 'guest',
    password: source.password?.reveal() ?? 'guest',
    vhost: source.vhost,
    heartbeat: Math.max(1, Math.round(source.heartbeat / 1000)),
  }
  const tls = secure
    ? {
        servername: source.tls?.serverName ?? parsed.hostname,
        ...(source.tls?.ca && { ca: readFileSync(source.tls.ca) }),
        ...(source.tls?.cert && { cert: readFileSync(source.tls.cert) }),
        ...(source.tls?.key && { key: readFileSync(source.tls.key) }),
      }
    : {}
  return connect(options, {
    ...tls,
    timeout: connectTimeoutMs,
    noDelay: true,
    clientProperties: { connection_name: name, product: 'Specola' },
  })
}

/**
 * Exchanges belong to the services: they are only looked at (passive). A missing one closes its channel (404), so each is
 * asked for on a channel of its own.
 */
async function bindExchanges(connection: ChannelModel, source: AmqpSource): Promise<string[]> {
  const missing: string[] = []
  for (const exchange of source.exchanges) {
    let channel: Channel
    channel = await connection.createChannel()
    let refused: string | null = null
    channel.on('error', (error: Error) => {
      refused = error.message
    })
    try {
      await channel.checkExchange(exchange)
      for (const topic of source.topics) await channel.bindQueue(source.queue, exchange, `${topic}.*`)
      await settled(channel.close())
    } catch (error) {
      if (!/404|NOT.FOUND/i.test(`${refused ?? ''} ${(error as Error).message}`)) throw error
      missing.push(exchange)
    }
  }
  return missing
}

/** A queue's counts, or null when there is none that we may see: a refusal closes only the channel of this question. */
async function lookAt(connection: ChannelModel, name: string): Promise<{ messages: number; consumers: number } | null> {
  try {
    const { messageCount, consumerCount } = await onOwnChannel(connection, (own) => own.checkQueue(name))
    return { messages: messageCount, consumers: consumerCount }
  } catch (error) {
    if (/404|403|405|NOT.FOUND|ACCESS.REFUSED|RESOURCE.LOCKED/i.test((error as Error).message)) return null
    throw error
  }
}

async function onOwnChannel<T>(connection: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel()
  let refused: string | null = null
  channel.on('error', (error: Error) => {
    refused = error.message
  })
  try {
    const result = await work(channel)
    await settled(channel.close())
    return result
  } catch (cause) {
    throw new Error(refused ?? (cause as Error).message, { cause })
  }
}

/** Closing what may be closed already: its failure changes nothing. */
const settled = (closing: Promise<void>): Promise<void> => closing.then(undefined, () => undefined)
