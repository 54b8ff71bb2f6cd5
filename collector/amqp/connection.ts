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

/** Closing what may be closed already: its failure changes nothing. */
const settled = (closing: Promise<void>): Promise<void> => closing.then(undefined, () => undefined)
