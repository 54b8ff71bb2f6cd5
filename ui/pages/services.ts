import { availability } from '../../model/availability.ts'
import { problemStates, type State } from '../../model/check.ts'
import type { StoredDowntime } from '../../model/downtime.ts'
import type { TimeRange } from '../../model/range.ts'
import type { ServiceFacts } from '../../model/rule-board.ts'
import type { Reply, Route } from '../route.ts'
import { rangeOf, wrongRange } from '../time-range.ts'
import type { Visit } from '../visit.ts'

const mostChanges = 5000

/** Business services: their state, why, and how much of the time they were there. */
export const servicesPage: Route = {
  method: 'get',
  path: '/services{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-30d')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const all = await Promise.all(visit.deps.rules.services().map((service) => modelOf(visit, service, parsed.range)))
    const services = all
      .filter((one) => one !== null)
      .sort((a, b) => rank(a.shape) - rank(b.shape) || (a.title < b.title ? -1 : 1))
    if (visit.shape !== 'html')
      return {
        kind: 'list',
        name: 'services',
        columns: [
          'name',
          'title',
          'state',
          'availability_percent',
          'objective_percent',
          'up_s',
          'down_s',
          'unknown_s',
          'planned_s',
        ].map((key) => ({ key, title: key })),
        rows: services.map((one) => ({
          ...{ name: one.name, title: one.title, state: one.shape, objective_percent: one.objective },
          availability_percent: one.percent === null ? null : Math.round(one.percent * 1e4) / 1e4,
          ...{
            up_s: seconds(one.upMs),
            down_s: seconds(one.downMs),
            unknown_s: seconds(one.unknownMs),
            planned_s: seconds(one.plannedMs),
          },
        })),
      }
    const search = visit.query.toString()
    return {
      kind: 'page',
      view: 'services',
      title: visit.t('nav.services'),
      range: parsed.range,
      model: {
        services,
        range: parsed.range,
        mayRules: visit.can('see', 'rules'),
        csv: `/services.csv${search === '' ? '' : `?${search}`}`,
        json: `/services.json${search === '' ? '' : `?${search}`}`,
      },
    }
  },
}

const seconds = (ms: number) => Math.round(ms / 1000)
const order = [...problemStates, 'pending', 'ok'] as readonly string[]
const rank = (shape: string) => order.indexOf(shape)

/** null: not in the scope of whoever asks, or not checked yet. */
async function modelOf(visit: Visit, service: ServiceFacts, range: TimeRange) {
  const { alerts } = visit.deps
  const problem = service.check === null ? null : await alerts.check(visit.scope, service.check)
  const { check } = service
  if (!problem || check === null) return null
  const to = Math.min(range.to, visit.now)
  const [changes, before, downtimes] = await Promise.all([
    alerts.transitions(visit.scope, { check, from: range.from, to, limit: mostChanges }),
    alerts.transitions(visit.scope, { check, to: range.from, limit: 1 }),
    alerts.downtimes(visit.scope, check, 100),
  ])
  const hard = changes.filter((change) => change.hard).sort((a, b) => a.seq - b.seq)
  const initial: State | null = before[0]?.to ?? hard[0]?.from ?? (problem.lastCheck === null ? null : problem.state)
  // before anything was known of it, nothing was
  const since = before[0] ? range.from : Math.max(range.from, await firstSeen(visit, check, problem.since))
  const planned = downtimes.flatMap(plannedTime(to))
  const there = availability({ from: Math.min(since, to), to }, initial, hard, planned)
  const members = (problem.longOutput ?? '').split('\n').filter((line) => line !== '')
  return {
    ...{
      ...service,
      ...there,
      output: problem.output,
      members: members.slice(0, 12),
      moreMembers: Math.max(0, members.length - 12),
    },
    ...{
      href: `/checks/${encodeURIComponent(check)}`,
      since: problem.since,
      handled: problem.acknowledgement !== null,
      soft: false,
    },
    ...shapeOf(visit, problem),
    known: there.upMs + there.downMs > 0,
    met: there.percent === null || service.objective === null ? null : there.percent >= service.objective,
    percentText: there.percent === null ? null : percentText(there.percent, visit.language),
  }
}

/** When a downtime was in effect; one that never was is none. */
const plannedTime =
  (now: number) =>
  ({ fixed, since, start, endedAt, active, outcome }: StoredDowntime) => {
    const began = since ?? (fixed && (active || (outcome !== null && outcome !== 'never needed')) ? start : null)
    return began === null ? [] : [{ from: began, to: active ? now : Math.max(began, endedAt ?? began) }]
  }

async function firstSeen(visit: Visit, check: string, since: number): Promise<number> {
  const [first] = (await visit.deps.alerts.transitions(visit.scope, { check, limit: mostChanges })).slice(-1)
  return Math.min(first?.time ?? since, since)
}

function shapeOf(visit: Visit, { state, lastCheck }: { state: State; lastCheck: number | null }) {
  const shape = lastCheck === null ? 'pending' : state
  return { shape, word: visit.t(`state.${shape}`) }
}

/** 99.98 is not 100: as many digits as it takes to see the difference, four at the most. */
function percentText(percent: number, language: string): string {
  const digits = percent >= 100 ? 0 : percent > 99.99 ? 4 : percent > 99 ? 3 : 2
  const cut = Math.floor(percent * 10 ** digits) / 10 ** digits
  return `${new Intl.NumberFormat(language === 'it' ? 'it-IT' : 'en-GB', { minimumFractionDigits: digits }).format(cut)} %`
}
