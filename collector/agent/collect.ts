/** The centre: takes what agents tell, and notices when one falls silent. */
import type { ConsumeMessage } from 'amqplib'
import { type Clock, every } from '../../model/clock.ts'
import { AppError, type Collector, type Intake, type Inventory, type Logger, type SampleStore } from '../../model/contract.ts'
import type { HealthBoard, HealthReport } from '../../model/health.ts'
import { openConnection } from '../amqp/connection.ts'
import { storeValid } from '../store-valid.ts'
import { AgentWatch } from './agent-watch.ts'
import { type MachineMatching, machineMatching } from './machines.ts'
import { setUpMeeting } from './meeting.ts'
import { type AgentMessage, decodeMessage } from './message.ts'
import type { AgentsSource } from './section.ts'

export interface AgentsCollectorDeps {
  intake: Intake
  /** Written to directly: a message is acknowledged when its samples are stored. */
  store: Pick<SampleStore, 'write'>
  /** Told when samples were stored. */
  stored(measurement: string, time: number): void
  /** Whom machines of Ganglia are matched with; null = nobody. */
  inventory: Pick<Inventory, 'instances' | 'hypervisors'> | null
  clock: Clock
  logger: Logger
  health: HealthBoard
}

const firstPauseMs = 1000
const longestPauseMs = 30_000
const watchEveryMs = 5000

export function agentsCollector(source: AgentsSource, deps: AgentsCollectorDeps): Collector {
  const { clock, health, logger } = deps
  const name = `agents ${source.name}`
  const numbers = { messages: 0, samples: 0, refused: 0, agents: 0 }
  const report = (state: HealthReport['state'], detail: string) =>
    health.report({ component: name, kind: 'amqp', state, detail, numbers: { ...numbers } })
  const watch = new AgentWatch(health, clock, name)
  const matching = machineMatching(deps.inventory, deps)

  async function take(messages: readonly ConsumeMessage[]): Promise<void> {
    const told = messages.flatMap(({ content }) => {
      try {
        return [decodeMessage(content)]
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (numbers.refused++ % 1000 === 0) logger.warn(`${name}: ${error.message}`)
        return []
      }
    })
    await takeIn(told, deps, matching, numbers)
    for (const { agent, news } of told) watch.heard(agent, news)
    numbers.messages += messages.length
    numbers.agents = watch.count
  }

  /** One connection's life; resolves with the reason of its end. */
  async function consume(url: string, signal: AbortSignal): Promise<string> {
    const connection = await openConnection(source, url, 'specola agents')
    const { promise: closed, resolve: gone } = Promise.withResolvers<string>()
    connection.on('error', (error: Error) => gone(error.message))
    connection.on('close', () => gone('the broker closed the connection'))
    signal.addEventListener('abort', () => gone('stopping'), { once: true })
    try {
      const channel = await connection.createChannel()
      channel.on('error', (error: Error) => gone(error.message))
      channel.on('close', () => gone('the broker closed the channel'))
      await channel.prefetch(source.prefetch)
      await setUpMeeting(channel, source)
      let waiting: ConsumeMessage[] = []
      let working = false
      const work = async () => {
        if (working) return
        working = true
        try {
          while (waiting.length > 0 && !signal.aborted) {
            const batch = waiting
            waiting = []
            await take(batch)
            channel.ack(batch.at(-1) as ConsumeMessage, true)
            report('ok', `${watch.count} agents, ${numbers.samples} samples`)
          }
        } catch (error) {
          gone((error as Error).message) // not acknowledged: it comes again
        } finally {
          working = false
        }
      }
      await channel.consume(source.queue, (message) => {
        if (message === null) return gone('the queue was deleted')
        waiting.push(message)
        void work()
      })
      report('ok', `listening on ${new URL(url).host}`)
      return await closed
    } finally {
      await connection.close().catch(() => undefined) // closed already
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    report('starting', `connecting to ${source.urls.map((url) => new URL(url).host).join(', ')}`)
    const watching = every(clock, watchEveryMs, signal, async () => {
      watch.look()
      await matching.again().catch((error: Error) => logger.warn(`${name}: machines of Ganglia: ${error.message}`))
    })
    let pause = firstPauseMs
    for (let attempt = 0; !signal.aborted; attempt++) {
      const url = source.urls[attempt % source.urls.length] as string
      const began = clock.monotonic()
      const reason = await consume(url, signal).catch((error: Error) => error.message)
      if (signal.aborted) break
      if (clock.monotonic() - began > longestPauseMs) pause = firstPauseMs
      report('down', `${new URL(url).host}: ${reason}; trying again in ${pause / 1000} s`)
      await clock.sleep(pause, signal).catch(() => undefined) // aborted: the loop ends
      pause = Math.min(pause * 2, longestPauseMs)
    }
    await watching
    report('stopped', 'stopped')
  }

  return { name, run }
}

/** Resolves when all is kept. Delivered twice it changes nothing: samples are the same (series, time), events the same id. */
async function takeIn(
  told: readonly AgentMessage[],
  { intake, store, stored, logger }: AgentsCollectorDeps,
  matching: MachineMatching,
  numbers: { samples: number },
): Promise<void> {
  const samples = await matching.samples(told.flatMap(({ news }) => (news.kind === 'samples' ? news.samples : [])))
  if (samples.length > 0) {
    await storeValid(store, samples, (reason) => logger.warn(`a sample of an agent cannot be stored and was dropped: ${reason}`))
    numbers.samples += samples.length
    const newest = new Map<string, number>()
    for (const { measurement, time } of samples) newest.set(measurement, Math.max(time, newest.get(measurement) ?? time))
    for (const [measurement, time] of newest) stored(measurement, time)
  }
  for (const { agent, news } of told) {
    if (news.kind === 'events') await intake.events(news.events.map((event) => ({ event, ignored: false, raw: null })))
    else if (news.kind === 'instances') await intake.instances(news.instances)
    else if (news.kind === 'hypervisor') await intake.hypervisor(news.hypervisor)
    else if (news.kind === 'machines') await matching.machines(agent, news.machines, news.mayBe)
  }
}
