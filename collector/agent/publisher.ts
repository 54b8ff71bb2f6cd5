/** Publishes with confirms: a promise that resolves means that the broker has the message, on disk. */
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import { openConnection } from '../amqp/connection.ts'
import { setUpMeeting } from './meeting.ts'
import { type AgentNews, encodeMessage } from './message.ts'
import type { AgentConfig } from './section.ts'

/** A confirm that takes longer is taken for none: the message is sent again, and counted once. */
const confirmMs = 30_000

interface Line {
  connection: ChannelModel
  channel: ConfirmChannel
  /** Rejects when the connection is gone. */
  lost: Promise<never>
}

export class Publisher {
  readonly #config: AgentConfig
  readonly #agent: string
  readonly #clock: Clock
  #line: Promise<Line> | null = null
  #next = 0

  constructor(config: AgentConfig, agent: string, clock: Clock) {
    this.#config = config
    this.#agent = agent
    this.#clock = clock
  }

  /** Throws AppError('unreachable') when the broker does not take it: then it is the caller's to try again. */
  async publish(news: AgentNews): Promise<void> {
    const line = await this.#connected()
    const over = new AbortController()
    const { channel } = line
    const confirmed = new Promise<void>((resolve, reject) => {
      const body = encodeMessage({ agent: this.#agent, news })
      const options = { persistent: true, contentType: 'application/json', contentEncoding: 'gzip', type: news.kind }
      channel.publish(this.#config.exchange, `agent.${news.kind}`, body, options, (refused: unknown) =>
        refused
          ? reject(new AppError('unreachable', 'the broker refuses: its queue for the central Specola is full'))
          : resolve(),
      )
    })
    const late = this.#clock.sleep(confirmMs, over.signal).then(
      () => {
        throw new AppError('unreachable', `the broker did not confirm within ${confirmMs / 1000} s`)
      },
      () => new Promise<never>(() => {}), // confirmed in time
    )
    try {
      await Promise.race([confirmed, line.lost, late])
    } finally {
      over.abort()
      confirmed.catch(() => undefined) // when the connection was lost first
    }
  }

  async close(): Promise<void> {
    const line = await this.#line?.catch(() => null)
    this.#line = null
    await line?.connection.close().catch(() => undefined) // closed already
  }

  #connected(): Promise<Line> {
    this.#line ??= this.#connect().catch((error: Error) => {
      this.#line = null
      throw new AppError('unreachable', error.message || String(error), { cause: error })
    })
    return this.#line
  }

  /** Each attempt goes to the next node of the cluster. */
  async #connect(): Promise<Line> {
    const { urls } = this.#config
    const url = urls[this.#next++ % urls.length] as string
    const connection = await openConnection(this.#config, url, `specola agent ${this.#agent}`).catch((error: Error) => {
      throw new Error(`${new URL(url).host}: ${error.message}`)
    })
    const { promise: lost, reject } = Promise.withResolvers<never>()
    lost.catch(() => undefined) // also when nobody waits for a confirm
    const gone = (reason: string) => {
      this.#line = null
      reject(new AppError('unreachable', `${new URL(url).host}: ${reason}`))
    }
    connection.on('error', (error: Error) => gone(error.message))
    connection.on('close', () => gone('the broker closed the connection'))
    try {
      const channel = await connection.createConfirmChannel()
      channel.on('error', (error: Error) => gone(error.message))
      channel.on('close', () => gone('the broker closed the channel'))
      await setUpMeeting(channel, this.#config)
      return { connection, channel, lost }
    } catch (error) {
      await connection.close().catch(() => undefined)
      throw error
    }
  }
}
