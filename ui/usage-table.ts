import { isMonth, monthsAround, type TimeRange } from '../model/range.ts'
import type { UsageBy, UsageRow, UsageView } from '../model/usage.ts'
import type { Reservations } from './gap-note.ts'
import type { Told } from './money.ts'
import { resourceHref } from './resource-kinds.ts'
import { rangeControl, rangeTitle } from './time-range.ts'
import { linkTo, type Visit } from './visit.ts'

const numbers = ['instances', 'hours', 'runningHours', 'vcpuHours', 'memoryGibHours', 'diskGibHours'] as const
type Totals = Record<(typeof numbers)[number], number>

/** The ledger unless the address asks for Nova's own way of counting. */
export const viewOf = (visit: Visit): UsageView => (visit.query.get('view') === 'parity' ? 'parity' : 'ledger')

/** Sums of the rows that are shown: the total is the sum of its lines. */
export function totalsOf(rows: readonly UsageRow[]): Totals {
  const sum = (field: (typeof numbers)[number]) => rows.reduce((total, row) => total + row[field], 0)
  return Object.fromEntries(numbers.map((field) => [field, sum(field)])) as Totals
}

type ShownRow = UsageRow & { amount?: Told | null; worth?: number; other?: string | null; kind?: string | null }

/** Rows for the page: most money first, or most vCPU hours where money is not shown; each with its share of it. */
export function usageRows(visit: Visit, by: UsageBy, rows: readonly ShownRow[]) {
  const ways = [(row: ShownRow) => row.worth ?? 0, (row: ShownRow) => row.vcpuHours, (row: ShownRow) => row.hours]
  const size = ways.find((way) => rows.some((row) => way(row) > 0)) ?? (() => 0)
  const all = rows.reduce((sum, row) => sum + size(row), 0)
  const most = Math.max(1e-9, ...rows.map(size))
  return [...rows]
    .sort((a, b) => size(b) - size(a) || b.hours - a.hours || (a.name ?? a.key).localeCompare(b.name ?? b.key))
    .map((row) => ({
      ...row,
      title: row.name ?? (row.key === '' ? visit.t('usage.unknown') : row.key),
      href: row.other ? (row.kind ? resourceHref({ kind: row.kind, id: row.key }) : null) : hrefOf(visit, by, row.key),
      bar: Math.round((size(row) / most) * 100),
      share: all > 0 ? (100 * size(row)) / all : null,
    }))
}

const firstRows = 20

/** The largest, and the rest behind a link. All are in the page: paper shows every line, and a link may open them. */
export function firstAndRest<Row>(rows: readonly Row[]) {
  // a link that would show a handful is more trouble than the handful
  const first = rows.length <= firstRows + 5 ? rows.length : firstRows
  return { rows: rows.slice(0, first), rest: rows.slice(first), many: rows.length }
}

function hrefOf(visit: Visit, by: UsageBy, key: string): string | null {
  if (key === '') return null
  const path = { project: '/projects/', user: '/users/', instance: '/instances/', flavor: null, host: null }[by]
  if (path === null || (by === 'user' && !visit.can('see', 'users'))) return null
  const kept = new URLSearchParams()
  for (const name of by === 'instance' ? ['from', 'to'] : ['from', 'to', 'view']) {
    const value = visit.query.get(name)
    if (value !== null) kept.set(name, value)
  }
  const search = kept.toString()
  return `${path}${encodeURIComponent(key)}${search === '' ? '' : `?${search}`}`
}

/** What all usage pages share: period, month links, the switch between the two views, downloads. */
export function usageFrame(visit: Visit, range: TimeRange, table: string) {
  const view = viewOf(visit)
  const { previous, current, next, after } = monthsAround(range.from, visit.zone)
  const month = isMonth(range, visit.zone) || range.fromText === 'now/M'
  return {
    view,
    parity: view === 'parity',
    views: (['ledger', 'parity'] as const).map((name) => ({
      title: visit.t(`usage.view.${name}`),
      href: linkTo(visit, { view: name === 'ledger' ? null : name }),
      chosen: view === name,
    })),
    control: rangeControl(visit, range),
    period: month ? visit.show.month(range.from) : rangeTitle(visit, range),
    exact: `${visit.show.full(range.from)} – ${visit.show.full(range.to)}`,
    draft: range.to >= visit.now,
    previousMonth: { href: linkTo(visit, { from: previous, to: current }), title: visit.show.month(monthStart(previous)) },
    nextMonth:
      month && range.to < visit.now
        ? { href: linkTo(visit, { from: next, to: after }), title: visit.show.month(monthStart(next)) }
        : null,
    csv: linkTo(visit, {}, `${table}.csv`),
    json: linkTo(visit, {}, `${table}.json`),
    made: visit.now,
    maker: visit.viewer.name,
  }
}

/** Noon of the first day: inside the month in any zone. */
const monthStart = (date: string) => Date.parse(`${date}T12:00:00Z`)

/** The same rows as a table for programs, exact numbers. */
export function usageList(name: string, by: UsageBy, rows: readonly UsageRow[], { record }: Reservations) {
  const columns = [
    'key',
    'name',
    'instances',
    'hours',
    'running_hours',
    'vcpu_hours',
    'memory_gib_hours',
    'disk_gib_hours',
    'complete',
  ]
  return {
    kind: 'list' as const,
    name,
    columns: columns.map((key) => ({ key, title: key === 'key' ? by : key })),
    rows: rows.map((row) => ({
      key: row.key,
      name: row.name,
      instances: row.instances,
      hours: row.hours,
      running_hours: row.runningHours,
      vcpu_hours: row.vcpuHours,
      memory_gib_hours: row.memoryGibHours,
      disk_gib_hours: row.diskGibHours,
      complete: record.complete,
    })),
    also: record,
  }
}
