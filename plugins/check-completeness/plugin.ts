import { z } from 'zod'
import { threshold } from '../../config/threshold-field.ts'
import type { Check } from '../../model/contract.ts'
import { judge } from '../../model/threshold.ts'

const config = z.strictObject({
  /** Gaps of the last 24 hours. */
  warn: threshold.prefault('0'),
  crit: threshold.optional(),
})

/** What is against the completeness of the last 24 hours, as the watch of the journal found it. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'completeness',
  description: 'Gaps in what the cloud told: silent hosts, audits that did not run, lost ends, messages that could not be read',
  targets: ['connection'],
  config,
  async run({ config: { warn, crit }, target, health }) {
    const entry = health.all().find(({ component, kind }) => component === target.id && kind === 'completeness')
    if (!entry) return { state: 'unknown', output: 'not heard of', perfdata: [] }
    // Nothing is known before the first look.
    const gaps = entry.numbers.gaps
    if (gaps === undefined) return null
    return {
      state: judge(gaps, warn.range, crit?.range ?? null),
      output: entry.detail,
      perfdata: [{ label: 'gaps', value: gaps, unit: '', warn: warn.text, ...(crit && { crit: crit.text }), min: 0 }],
    }
  },
}
