import { type ReportFormat, type ReportSubject, reportFormats } from '../../model/report.ts'
import type { UsageBy } from '../../model/usage.ts'
import { whyText } from '../cost.ts'
import { moneyFormat } from '../money.ts'
import { namesOf, projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeOf, wrongRange } from '../time-range.ts'
import { text, type Visit } from '../visit.ts'

const kinds = ['project', 'user', 'instance', 'flavor', 'host', 'cloud'] as const

/** Reports to take away: any period, and months that are closed. */
export const reportsPage: Route = {
  method: 'get',
  path: '/reports',
  async handle(visit): Promise<Reply> {
    const { reports } = visit.deps
    const [months, totals, adjustments, projects] = await Promise.all([
      reports.closedMonths(),
      reports.closedTotals(visit.scope),
      reports.adjustments(visit.scope, {}),
      projectChoices(visit, text(visit, 'project')),
    ])
    const names = await namesOf(
      visit,
      'project',
      [...totals, ...adjustments].map(({ project }) => project),
    )
    return {
      kind: 'page',
      view: 'reports',
      title: visit.t('nav.reports'),
      model: {
        projects,
        all: visit.viewer.scope.projects === 'all',
        from: visit.query.get('from') ?? 'now-1M/M',
        to: visit.query.get('to') ?? 'now/M',
        formats: reportFormats.map((value) => ({ value, title: value.toUpperCase() })),
        months: months.map((month) => {
          const money = moneyFormat(visit.language, month.book)
          const its = totals.filter((one) => one.month === month.month)
          const mended = adjustments.filter((one) => one.month === month.month)
          return {
            title: visit.show.month(month.from),
            closedAt: month.closedAt,
            by: month.closedBy,
            fingerprint: month.fingerprint,
            gaps: month.gaps.length,
            currency: month.book.currency,
            total: money.amount(
              sum(its.map(({ amount }) => amount)) +
                sum(mended.map(({ amountBefore, amountAfter }) => amountAfter - amountBefore)),
            ),
            projects: its.map(({ project, amount }) => {
              const changes = sum(
                mended
                  .filter((one) => one.project === project)
                  .map(({ amountBefore, amountAfter }) => amountAfter - amountBefore),
              )
              return {
                name: names(project) ?? visit.t('usage.unknown'),
                href: projectHref(visit, project, month),
                amount: money.amount(amount + changes),
                files: reportFormats.map((format) => ({
                  title: format.toUpperCase(),
                  href: fileHref(visit, project, month, format),
                })),
              }
            }),
            adjustments: mended.map((one) => ({
              ...{ at: one.madeAt, by: one.madeBy, reason: whyText(visit, one), name: names(one.project) },
              ...{ before: money.amount(one.amountBefore), after: money.amount(one.amountAfter) },
            })),
          }
        }),
      },
    }
  },
}

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)

/** The month's own page. */
const projectHref = (visit: Visit, project: string, { from, to }: { from: number; to: number }) =>
  project === ''
    ? null
    : `/projects/${encodeURIComponent(project)}?${new URLSearchParams({ from: visit.show.iso(from), to: visit.show.iso(to) })}`

const fileHref = (visit: Visit, id: string, { from, to }: { from: number; to: number }, format: ReportFormat) =>
  `/reports/download?${new URLSearchParams({ kind: 'project', id, from: visit.show.iso(from), to: visit.show.iso(to), format })}`

/** One report as a file. Whose it is was decided by the scope that its queries carry. */
export const reportDownload: Route = {
  method: 'get',
  path: '/reports/download',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-1M/M', 'now/M')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const subject = subjectOf(visit)
    const format = reportFormats.find((one) => one === (text(visit, 'format') ?? 'pdf'))
    if (!subject || !format) return { kind: 'wrong', message: visit.t('reports.wrong') }
    if (subject.kind === 'host' && !visit.can('see', 'hosts')) return { kind: 'missing' }
    const { reports } = visit.deps
    const report = await reports.report(visit.scope, {
      ...{ subject, from: parsed.range.from, to: parsed.range.to, by: groupsFor(visit, subject) },
      ...{ hosts: visit.can('see', 'hosts'), madeBy: visit.viewer.name },
    })
    if (!report) return { kind: 'missing' }
    return { kind: 'file', ...reports.file(report, format), body: reports.render(report, format, visit.language) }
  },
}

function subjectOf(visit: Visit): ReportSubject | null {
  // the form sends a project or none, links a kind and an id
  const kind = kinds.find((one) => one === text(visit, 'kind')) ?? (text(visit, 'project') === undefined ? 'cloud' : 'project')
  const id = text(visit, 'id') ?? (kind === 'project' ? text(visit, 'project') : undefined) ?? null
  return kind === 'cloud' ? { kind, id: null } : id === null ? null : { kind, id }
}

function groupsFor(visit: Visit, { kind }: ReportSubject): UsageBy[] {
  const ways: UsageBy[] = kind === 'project' ? ['instance', 'user', 'flavor'] : ['project', 'flavor', 'instance']
  if (kind === 'cloud' && visit.can('see', 'hosts')) ways.splice(2, 0, 'host')
  return ways.filter((way) => way !== kind)
}
