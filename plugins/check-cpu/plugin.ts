import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { threshold } from '../../config/threshold-field.ts'
import { atRest } from '../../model/at-rest.ts'
import type { Check } from '../../model/contract.ts'
import type { RangeResult } from '../../model/sample.ts'
import { judge } from '../../model/threshold.ts'

const config = z.strictObject({
  warn: threshold.prefault('80'),
  crit: threshold.prefault('95'),
  window: duration.prefault('5m'),
})

/** Mean CPU of one instance over a window, in percent of its vCPUs. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'cpu',
  description: 'CPU used by an instance, in percent of its vCPUs, as the mean over a window',
  targets: ['instance'],
  replays: true,
  config,
  bystander: true,
  metric: (_config, { id }) => ({ measurement: 'instance', field: 'cpu_percent', where: { instance: id }, unit: '%' }),
  async run({ config: { warn, crit, window }, target, store, now }) {
    const value = mean(
      await store.range({
        measurement: 'instance',
        fields: ['cpu_percent'],
        where: { instance: target.id },
        ...{ from: now - window, to: now, step: window },
        aggregates: ['sum', 'count'],
        groupBy: ['instance'],
      }),
    )
    if (value === null) {
      // Whether it should send any is the no-data check's question: one silent instance is one problem, not two.
      const nova = target.instance?.state ?? null
      return nova !== null && atRest.has(nova) ? { state: 'ok', output: `Nova says ${nova}`, perfdata: [] } : null
    }
    const rounded = Math.round(value * 10) / 10
    return {
      state: judge(value, warn.range, crit.range),
      output: `CPU ${rounded.toFixed(1)} % of its vCPUs over ${window / 1000} s`,
      perfdata: [{ label: 'cpu', value: rounded, unit: '%', warn: warn.text, crit: crit.text, min: 0 }],
    }
  },
}

/** Over all samples of the window, however they fell into buckets. */
function mean({ series }: RangeResult): number | null {
  const total = (aggregate: string) =>
    series
      .filter((one) => one.aggregate === aggregate)
      .reduce((sum, { values }) => sum + values.reduce<number>((a, b) => a + (b ?? 0), 0), 0)
  const count = total('count')
  return count === 0 ? null : total('sum') / count
}
