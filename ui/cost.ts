/** What a usage page says about money, to those who may see it. */
import { type Adjustment, whyOf } from '../model/closed-month.ts'
import type { TimeRange } from '../model/range.ts'
import type { ReportSubject, ReportSummary } from '../model/report.ts'
import type { UsageBy, UsageRow } from '../model/usage.ts'
import { budgetModel } from './budget-model.ts'
import { costLines } from './cost-lines.ts'
import { type MoneyFormat, moneyFormat, type Told } from './money.ts'
import type { Visit } from './visit.ts'

export interface Cost {
  /** Usage rows with those of the report that are no instances, and the amount of each. */
  rows: readonly (UsageRow & { amount: Told | null; worth: number; other: string | null; kind?: string | null })[]
  total: Told
  currency: string
  panel: object | null
}

/** null: not for this person, no prices, or a view that is not about real use. */
export async function costOf(
  visit: Visit,
  subject: ReportSubject,
  by: UsageBy,
  range: TimeRange,
  used: readonly UsageRow[],
): Promise<Cost | null> {
  if (!visit.can('see', 'money') || visit.query.get('view') === 'parity') return null
  const report = await visit.deps.reports.report(visit.scope, {
    ...{ subject, from: range.from, to: range.to, by: [by] },
    ...{ hosts: visit.can('see', 'hosts'), madeBy: visit.viewer.name },
  })
  if (!report?.book || !report.payable) return null
  const money = moneyFormat(visit.language, report.book)
  return {
    rows: merged(visit, report, by, used, money),
    total: money.amount(report.sum),
    currency: report.book.currency,
    panel: await panelOf(visit, report, money),
  }
}

function merged(visit: Visit, report: ReportSummary, by: UsageBy, used: readonly UsageRow[], money: MoneyFormat): Cost['rows'] {
  const groups = new Map(report.groups[0]?.rows.map((group) => [group.key, group]))
  const amount = (key: string) => {
    const its = groups.get(key)?.amount ?? null
    // how much more than another it is, never a figure that is shown
    return { amount: its === null ? null : money.amount(its), worth: Number(its ?? 0n) }
  }
  const known = new Set(used.map(({ key }) => key))
  const nothing = { instances: 0, hours: 0, runningHours: 0, vcpuHours: 0, memoryGibHours: 0, diskGibHours: 0 }
  const others = [...groups.values()].filter(({ key }) => !known.has(key))
  return [
    ...used.map((row) => ({ ...row, ...amount(row.key), other: null })),
    ...others.map(({ key, name, kind }) => ({
      ...{ ...nothing, key, name: name ?? report.names.get(key) ?? null, ...amount(key) },
      ...{ kind, other: by === 'instance' && kind !== null && kind !== 'instance' ? visit.t(`resource.${kind}`) : null },
    })),
  ]
}

/** Why an adjustment was made, and what its maker wrote. */
export function whyText({ t }: Pick<Visit, 't'>, adjustment: Adjustment): string {
  const { causes, note } = whyOf(adjustment)
  return [causes.map((cause) => t(`cost.cause.${cause}`)).join('; '), note].filter(Boolean).join(': ')
}

async function panelOf(visit: Visit, report: ReportSummary, money: MoneyFormat) {
  const { book, payable, subject, month } = report
  if (!book || !payable) return null
  const download = new URLSearchParams({ kind: subject.kind, from: visit.show.iso(report.from), to: visit.show.iso(report.to) })
  if (subject.id !== null) download.set('id', subject.id)
  const standings = subject.kind === 'project' ? await visit.deps.budgets.standings(visit.scope) : []
  const standing = standings.find(({ project }) => project === subject.id)
  const now = standing && visit.now >= report.from && visit.now < report.to + 1
  return {
    currency: book.currency,
    status: visit.t(`cost.status.${report.status}`),
    closedAt: report.closedAt,
    gross: money.paid(payable.gross),
    net: money.paid(payable.net),
    vat: payable.vat === null ? null : money.paid(payable.vat),
    vatPercent: book.vat === null ? null : money.percent(book.vat),
    ...costLines(visit, report.lines, money),
    adjustments: report.adjustments.map((one) => ({
      ...{
        at: one.madeAt,
        reason: whyText(visit, one),
        by: one.madeBy,
        amount: money.amount(one.amountAfter - one.amountBefore),
      },
    })),
    total: money.amount(report.sum + report.adjusted),
    unpriced: report.unpricedHours > 0 ? report.unpricedHours : null,
    nova: report.nova && { ...report.nova, difference: report.nova.ledgerHours - report.nova.hours },
    budget: standing && now ? budgetModel(visit, standing) : null,
    pdf: `/reports/download?${download}&format=pdf`,
    xlsx: `/reports/download?${download}&format=xlsx`,
    csv: `/reports/download?${download}&format=csv`,
    json: `/reports/download?${download}&format=json`,
    month,
  }
}
