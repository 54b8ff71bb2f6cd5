import { type BudgetStanding, usedPercent } from '../model/budget.ts'
import { moneyFormat } from './money.ts'
import type { Visit } from './visit.ts'

/** A budget as a bar: what is spent, what will be, and the thresholds. Widths are percent of the bar. */
export function budgetModel(visit: Visit, standing: BudgetStanding) {
  const { forecast, thresholds, budget } = standing
  const money = moneyFormat(visit.language, { currency: standing.currency, decimals: 2 })
  const percent = (amount: number) => usedPercent({ spent: amount, budget })
  const spent = percent(standing.spent)
  const most = Math.max(100, thresholds.at(-1) ?? 100, percent(forecast.high), spent) * 1.02
  const at = (value: number) => Number(((100 * value) / most).toFixed(2))
  const crossed = thresholds.filter((threshold) => spent >= threshold)
  const last = thresholds.at(-1) ?? 100
  return {
    project: standing.project,
    name: standing.name ?? standing.project,
    href: `/projects/${encodeURIComponent(standing.project)}`,
    month: standing.month,
    percent: spent,
    expectedPercent: percent(forecast.expected),
    shape: spent >= last ? 'critical' : crossed.length > 0 || percent(forecast.expected) >= last ? 'warning' : 'ok',
    word: visit.t(
      spent >= last
        ? 'budget.over'
        : crossed.length > 0
          ? 'budget.crossed'
          : percent(forecast.expected) >= last
            ? 'budget.willBeOver'
            : 'budget.within',
      { threshold: crossed.at(-1) ?? 0 },
    ),
    spent: money.units(standing.spent),
    budget: money.units(budget),
    expected: money.units(forecast.expected),
    low: money.units(forecast.low),
    high: money.units(forecast.high),
    bar: {
      spent: at(spent),
      low: at(percent(forecast.low)),
      range: Number((at(percent(forecast.high)) - at(percent(forecast.low))).toFixed(2)),
      expected: at(percent(forecast.expected)),
      marks: thresholds.map((threshold) => ({ x: at(threshold), threshold })),
    },
  }
}
