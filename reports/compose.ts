/** The report model: rows rated or frozen, then added up in every way that is shown. */

import type { Scope } from '../model/access.ts'
import { monthOf, monthPeriod } from '../model/calendar-month.ts'
import { type Adjustment, type NamedRow, sumOf } from '../model/closed-month.ts'
import { doubtsOf } from '../model/completeness.ts'
import { payable } from '../model/payable.ts'
import { fingerprint, type PriceBook } from '../model/price-book.ts'
import { rate } from '../model/rating.ts'
import type { Report, ReportQuery } from '../model/report.ts'
import { groupsOf, linesOfRows, unpricedHours } from '../model/report-sums.ts'
import { dailyValues } from './daily.ts'
import { type Asked, heldWithin, type ReportDeps, specsIn, trafficWithin } from './sources.ts'

/** A period that ends now ended a moment ago by the time it is composed. */
const liveMs = 60_000

/** null when the scope has nothing of that kind: the report of a stranger's project does not exist. */
export async function composeReport(deps: ReportDeps, scope: Scope, query: ReportQuery): Promise<Report | null> {
  const subject = await subjectOf(deps, scope, query)
  if (!subject) return null
  const { from, to } = query
  const now = deps.clock.now()
  const asked: Asked = {
    project: query.subject.kind === 'project' ? query.subject.id : null,
    instance: query.subject.kind === 'instance' ? query.subject.id : null,
  }
  const month = wholeMonth(from, to, deps.zone)
  const closed = month === null ? null : await deps.months.month(month)
  const asClosed = closed !== null && closed.from === from && closed.to === to
  const book = asClosed ? closed.book : deps.book
  const belongs = filterOf(query)
  const seen = asClosed
    ? [...deps.months.rows(scope, { month: closed.month, ...(asked.project !== null && { project: asked.project }) })].filter(
        belongs,
      )
    : await ratedNow(deps, scope, { from, to }, asked, book, belongs)
  const rows = query.hosts ? seen : seen.map((row) => ({ ...row, host: null }))
  const all = asClosed
    ? await deps.months.adjustments(scope, { month: closed.month, ...(asked.project !== null && { project: asked.project }) })
    : []
  // an adjustment is one project's: reports about less than that cannot take a share of it
  const adjustments =
    query.subject.kind === 'project' || query.subject.kind === 'cloud' ? all.map((one) => forReader(one, query.hosts)) : []
  const gaps = asClosed ? closed.gaps : deps.completeness ? doubtsOf(await deps.completeness.gaps(scope, { from, to })) : null
  const sum = sumOf(rows)
  const adjusted = adjustments.reduce((total, { amountBefore, amountAfter }) => total + amountAfter - amountBefore, 0n)
  return {
    ...{ subject, from, to, zone: deps.zone, month, madeAt: now, madeBy: query.madeBy, book, rows, adjustments, sum, adjusted },
    status: to > now - liveMs ? 'open' : asClosed ? 'closed' : 'draft',
    closedAt: asClosed ? closed.closedAt : null,
    fingerprint: book && fingerprint(book),
    names: await namesOf(deps, rows),
    lines: linesOfRows(rows),
    groups: query.by.map((by) => ({ by, rows: groupsOf(rows, by, book !== null) })),
    days: await dailyValues(deps, scope, { from, to: Math.min(to, now) }, asked, book, belongs),
    payable: book && payable(sum + adjusted, book),
    nova: await novaFigure(deps, scope, query, rows),
    gaps: gaps && (query.hosts ? gaps : gaps.map((gap) => ({ ...gap, host: null }))),
    unpricedHours: book ? unpricedHours(rows) : 0,
  }
}

const forReader = (adjustment: Adjustment, hosts: boolean): Adjustment =>
  hosts ? adjustment : { ...adjustment, changes: adjustment.changes.map((change) => ({ ...change, host: null })) }

/** Rated from the ledgers as they are now, with display names. */
async function ratedNow(
  deps: ReportDeps,
  scope: Scope,
  period: { from: number; to: number },
  asked: Asked,
  book: PriceBook | null,
  belongs: (row: NamedRow) => boolean,
): Promise<NamedRow[]> {
  const specs = await specsIn(deps)
  const traffic = await trafficWithin(deps, scope, period, asked, book)
  const rows = [...rate(heldWithin(deps, scope, period, asked, traffic), book, specs)].filter(belongs)
  const ids = [...new Set(rows.filter(({ kind }) => kind === 'instance').map(({ id }) => id))]
  const names = await deps.inventory.names('instance', ids)
  return rows.map((row) => (row.kind === 'instance' ? { ...row, name: names.get(row.id) ?? row.name } : row))
}

function filterOf({ subject: { kind, id } }: ReportQuery): (row: NamedRow) => boolean {
  switch (kind) {
    case 'user':
      return (row) => row.user === id
    case 'flavor':
      return (row) => row.flavor?.name === id
    case 'host':
      return (row) => row.host === id
    case 'instance':
      return (row) => row.kind === 'instance' && row.id === id
    default:
      return () => true
  }
}

async function subjectOf({ inventory }: ReportDeps, scope: Scope, { subject }: ReportQuery): Promise<Report['subject'] | null> {
  const { kind, id } = subject
  if (kind === 'cloud') return { ...subject, name: null }
  if (id === null) return null
  if (kind === 'flavor' || kind === 'host') return { ...subject, name: id }
  if (kind === 'instance') {
    const instance = await inventory.instance(scope, id)
    return instance && { ...subject, name: instance.name }
  }
  const known = await (kind === 'project' ? inventory.projects(scope) : inventory.users(scope))
  const found = known.find((one) => one.id === id)
  return found ? { ...subject, name: found.name } : null
}

async function namesOf({ inventory }: ReportDeps, rows: readonly NamedRow[]): Promise<Map<string, string>> {
  const ids = (of: (row: NamedRow) => string | null) => [...new Set(rows.map(of).filter((id) => id !== null))]
  const [projects, users] = [
    await inventory.names(
      'project',
      ids(({ project }) => project),
    ),
    await inventory.names(
      'user',
      ids(({ user }) => user),
    ),
  ]
  return new Map([...projects, ...users])
}

async function novaFigure(
  { usage }: ReportDeps,
  scope: Scope,
  { subject, from, to }: ReportQuery,
  rows: readonly NamedRow[],
): Promise<Report['nova']> {
  if (subject.kind !== 'project' && subject.kind !== 'cloud') return null
  const project = subject.kind === 'project' && subject.id !== null ? { project: subject.id } : {}
  const usages = await usage.parity(scope, { from, to, ...project })
  const hours = usages.reduce<number>((sum, one) => sum + Number((one as { total_hours?: number }).total_hours ?? 0), 0)
  const ms = rows.filter(({ kind, traffic }) => kind === 'instance' && traffic === null).reduce((sum, row) => sum + row.ms, 0)
  return { hours, ledgerHours: ms / 3_600_000 }
}

/** The calendar month that the period is, or null. */
function wholeMonth(from: number, to: number, zone: string): string | null {
  const month = monthOf(from, zone)
  const period = monthPeriod(month, zone)
  return period?.from === from && period.to === to ? month : null
}
