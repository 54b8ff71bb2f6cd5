import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** A notifier that has not got through for so long. */
  warn: duration.prefault('1m'),
  crit: duration.prefault('5m'),
})

/** A way to people that does not get through. Told by the other ways. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'delivery',
  description:
    'Notifications that do not get through: a mail server that is away, an address that is refused, a heartbeat that stops',
  targets: ['connection'],
  config,
  async run({ config: { warn, crit }, target, health, now }) {
    const entry = health.all().find(({ component, kind }) => component === target.id && kind === 'notifier')
    if (!entry) return { state: 'unknown', output: 'not heard of', perfdata: [] }
    const { queue } = entry.numbers
    const perfdata = queue === undefined ? [] : [{ label: 'waiting', value: queue, unit: '', min: 0 }]
    if (entry.state === 'ok' || entry.state === 'starting') return { state: 'ok', output: entry.detail, perfdata }
    const age = now - entry.since
    const state = age >= crit ? 'critical' : age >= warn ? 'warning' : 'ok'
    return { state, output: state === 'ok' ? `${entry.detail}; for ${Math.round(age / 1000)} s` : entry.detail, perfdata }
  },
}
