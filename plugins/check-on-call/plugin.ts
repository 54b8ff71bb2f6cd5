import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** A shift without anybody is told of so long before. A rota looks no further ahead than its own `warn`. */
  ahead: duration.prefault('7d'),
})

/** Somebody is on call, now and in the days to come. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'on-call',
  description: 'Shifts of a rota in which nobody is on call, or somebody whom no message reaches then',
  targets: ['connection'],
  config,
  async run({ config: { ahead }, target, health }) {
    const entry = health.all().find(({ component, kind }) => component === target.id && kind === 'on-call')
    if (!entry) return { state: 'unknown', output: 'not heard of', perfdata: [] }
    const { covered_seconds: covered = 0, gaps = 0 } = entry.numbers
    const perfdata = [
      { label: 'covered', value: covered, unit: 's', min: 0 },
      { label: 'gaps', value: gaps, unit: '', min: 0 },
    ]
    const state = gaps === 0 || covered * 1000 > ahead ? 'ok' : entry.state === 'down' ? 'critical' : 'warning'
    return { state, output: entry.detail, perfdata }
  },
}
