/** OpenStack's APIs as second witness: what the bus lost is found here. One collector a cloud. */
import type { Clock } from '../../model/clock.ts'
import type {
  CapacityJournal,
  Collector,
  EventJournal,
  Intake,
  Logger,
  ReadingJournal,
  UsageJournal,
} from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import { type Cloud, openCloud } from '../../openstack/client.ts'
import { completeLists } from './complete-lists.ts'
import { type RoundResult, rounds } from './round.ts'
import type { OpenstackSource } from './section.ts'

interface Deps {
  intake: Pick<Intake, 'events'>
  journal: ReadingJournal
  listed: EventJournal['listed']
  overdue: UsageJournal['overdue']
  capacity: CapacityJournal
  clock: Clock
  logger: Logger
  health: HealthBoard
}

const firstPauseMs = 5000

export function openstackCollectors(sources: readonly OpenstackSource[], deps: Deps): Collector[] {
  const together = completeLists(sources.map(({ name }) => name))
  const open = new Map<string, Cloud>()
  const clouds = () => (open.size === sources.length ? [...open.values()] : null)
  return sources.map((source) => {
    const { clock, logger, health } = deps
    const name = `openstack ${source.name}`
    return { name, run }

    async function run(signal: AbortSignal): Promise<void> {
      const cloud = openCloud({ ...source, clock, logger, signal })
      open.set(source.name, cloud)
      const round = rounds({ ...source, ...deps, cloud, clouds, together })
      const totals = { rounds: 0, failures: 0, read: 0, news: 0, actions: 0, gone: 0, complaints: 0 }
      const report = (state: 'starting' | 'ok' | 'degraded' | 'down' | 'stopped', detail: string) =>
        health.report({ component: name, kind: 'openstack', state, detail, numbers: { ...totals } })
      report('starting', 'signing in')
      let pause = firstPauseMs
      let downSince: number | null = null
      let complained = ''
      try {
        while (!signal.aborted) {
          let wait = source.interval
          try {
            const result = await round.next()
            add(totals, result)
            if (downSince !== null) logger.info(`${name}: answers again after ${Math.round((clock.now() - downSince) / 1000)} s`)
            downSince = null
            pause = firstPauseMs
            const complaints = result.complaints.join('; ')
            if (complaints !== '' && complaints !== complained) logger.warn(`${name}: ${complaints}`)
            complained = complaints
            report(complaints === '' ? 'ok' : 'degraded', said(result))
          } catch (error) {
            if (signal.aborted) break
            const reason = (error as Error).message
            totals.failures++
            wait = Math.min(pause, source.interval)
            pause = Math.min(pause * 2, source.interval)
            report('down', `${reason}; trying again in ${Math.round(wait / 1000)} s`)
            if (downSince === null) logger.warn(`${name}: ${reason}; trying again until it answers`)
            downSince ??= clock.now()
          }
          await clock.sleep(wait, signal).catch(() => undefined) // aborted: the loop's condition ends it
        }
      } finally {
        cloud.close()
        report('stopped', 'stopped')
      }
    }
  })
}

function add(totals: Record<string, number>, result: RoundResult): void {
  totals.rounds = (totals.rounds ?? 0) + 1
  for (const key of ['read', 'news', 'actions', 'gone'] as const) totals[key] = (totals[key] ?? 0) + result[key]
  totals.complaints = result.complaints.length
}

/** One sentence for the Health page. */
function said(result: RoundResult): string {
  const parts = [`${result.read} readings, ${result.news} of them news`]
  if (result.gone > 0) parts.push(`${result.gone} instances gone without a word`)
  if (result.servicesDown.length > 0) parts.push(`down: ${result.servicesDown.join(', ')}`)
  return [...parts, ...result.complaints].join('; ')
}
