import { z } from 'zod'
import { usedPercent } from '../../model/budget.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** What is compared with the budget: what was spent, or what the month will have cost. */
  looks: z.enum(['spent', 'forecast']).default('spent'),
  /** Which of the budget's thresholds: 1 is the lowest, `last` the highest. Lower numbers stop below the last one. */
  threshold: z.union([z.int().min(1).max(5), z.literal('last')]).default('last'),
  state: z.enum(['warning', 'critical']).default('warning'),
})

/**
 * How far a project's budget of the month is used up. Says percentages, never amounts: problems are seen by people who may not see
 * money.
 */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'budget',
  description: 'What a project spent this month, or will have spent, in percent of its budget',
  targets: ['project'],
  config,
  async run({ config: { looks, threshold, state }, target: { budget } }) {
    if (!budget) return null
    const { thresholds, month, forecast } = budget
    const last = thresholds.length - 1
    const index = threshold === 'last' ? last : threshold - 1
    if (threshold !== 'last' && index >= last)
      return { state: 'ok', output: `its budget has no threshold ${threshold} below the last`, perfdata: [] }
    const limit = thresholds[index] as number
    const percent = (amount: number) => usedPercent({ spent: amount, budget: budget.budget })
    const value = percent(looks === 'spent' ? budget.spent : forecast.expected)
    const range = `${percent(forecast.low).toFixed(0)}–${percent(forecast.high).toFixed(0)} %`
    const rounded = Math.round(value * 10) / 10
    const output =
      looks === 'spent'
        ? `${rounded.toFixed(1)} % of the budget of ${month} is spent (threshold ${limit} %); forecast ${percent(forecast.expected).toFixed(0)} % (${range})`
        : `${month} will have taken ${rounded.toFixed(1)} % of its budget (${range}; threshold ${limit} %)`
    return {
      state: value >= limit ? state : 'ok',
      output,
      perfdata: [{ label: looks, value: rounded, unit: '%', [state === 'warning' ? 'warn' : 'crit']: String(limit), min: 0 }],
    }
  },
}
