/** The collectors' door on a hypervisor: everything goes to the broker, and what it does not take waits in memory, bounded. */
import type { Clock } from '../../model/clock.ts'
import { AppError, type Intake, type Logger } from '../../model/contract.ts'
import type { HealthBoard, HealthReport } from '../../model/health.ts'
import type { Sample } from '../../model/sample.ts'
import type { MayBe } from '../ganglia/known-machines.ts'
import { forCentre } from './machines.ts'
import type { AgentNews } from './message.ts'
import type { Publisher } from './publisher.ts'

/** Facts, inventory and the like are few; samples have a queue of their own. */
const newsAtMost = 2000
/** More machines than Ganglia itself can tell of in one answer. */
const addressesAtMost = 50_000
const firstPauseMs = 500
const longestPauseMs = 30_000

export interface OutwardDeps {
  publisher: Pick<Publisher, 'publish'>
  samples: { push(batch: readonly Sample[]): void }
  clock: Clock
  logger: Logger
}

export interface OutwardIntake {
  intake: Intake
  /** The same for a source of Ganglia, whose machines are matched at the centre. */
  gangliaIntake(mayBe: MayBe): Intake
  /** Sends what waits until the signal is aborted, and then once more. */
  run(signal: AbortSignal): Promise<void>
  dropped(): number
}

export function outwardIntake({ publisher, samples, clock, logger }: OutwardDeps): OutwardIntake {
  const waiting: AgentNews[] = []
  let dropped = 0
  let wake: () => void = () => undefined
  const add = async (news: AgentNews) => {
    waiting.push(news)
    if (waiting.length > newsAtMost) {
      waiting.shift()
      if (dropped++ === 0) logger.warn('the broker has been away for long: the oldest news are dropped')
    }
    wake()
  }
  const intake: Intake = {
    async samples(batch) {
      samples.push(batch)
    },
    async events(batch) {
      await add({ kind: 'events', events: batch.map(({ event }) => event) })
      return { events: batch.length, duplicates: 0, ignored: 0 }
    },
    async park() {
      throw new AppError('invalid', 'an agent reads no message bus')
    },
    instances: (instances) => add({ kind: 'instances', instances }),
    hypervisor: (hypervisor) => add({ kind: 'hypervisor', hypervisor }),
    machines: (machines) => add({ kind: 'machines', machines }),
  }

  function gangliaIntake(mayBe: MayBe): Intake {
    const addresses = new Map<string, string | null>()
    const key = (cluster: string, name: string) => JSON.stringify([cluster, name])
    return {
      ...intake,
      async samples(batch) {
        samples.push(forCentre(batch, mayBe, (cluster, name) => addresses.get(key(cluster, name)) ?? null))
      },
      async machines(machines) {
        if (addresses.size > addressesAtMost) addresses.clear() // names that nobody uses any more; the others are told again
        for (const { cluster, name, address } of machines) addresses.set(key(cluster, name), address)
        await add({ kind: 'machines', machines, mayBe })
      },
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let pause = firstPauseMs
    while (!signal.aborted) {
      const [news] = waiting
      if (news === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        continue
      }
      try {
        await publisher.publish(news)
        if (waiting[0] === news) waiting.shift()
        pause = firstPauseMs
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        await clock.sleep(pause, signal).catch(() => undefined) // aborted: the loop ends
        pause = Math.min(pause * 2, longestPauseMs)
      }
    }
    for (const news of waiting) await publisher.publish(news).catch(() => undefined) // nobody is left to try again
  }

  return { intake, gangliaIntake, run, dropped: () => dropped }
}

/** The agent's parts as the centre is to show them. */
export const componentsOf = (health: Pick<HealthBoard, 'all'>): HealthReport[] =>
  health
    .all()
    .filter(({ kind }) => kind === 'libvirt' || kind === 'qemu' || kind === 'ganglia')
    .map(({ component, kind, host, state, detail, numbers }) => ({
      ...{ component, kind, state, detail, numbers },
      ...(host !== undefined && { host }),
    }))
