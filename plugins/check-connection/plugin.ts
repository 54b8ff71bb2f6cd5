import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** A connection may be away this long before it is a problem. */
  after: duration.prefault('1m'),
})

const away = {
  degraded: { word: 'degraded', bad: 'warning' },
  starting: { word: 'not connected yet', bad: 'critical' },
  down: { word: 'down', bad: 'critical' },
} as const

/** A connection of Specola to a hypervisor, a message bus or the OpenStack API. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'connection',
  description: 'A connection to a hypervisor, a message bus or the OpenStack API that is down',
  targets: ['connection'],
  config,
  async run({ config: { after }, target, health, now }) {
    const entry = health.all().find(({ component }) => component === target.id)
    if (!entry) return { state: 'unknown', output: 'not heard of', perfdata: [] }
    const lasts = Math.max(0, now - entry.since)
    const perfdata = [{ label: 'since', value: Math.round(lasts / 1000), unit: 's', min: 0 }]
    const { state, detail } = entry
    if (state === 'ok') return { state: 'ok', output: `connected: ${detail}`, perfdata }
    if (state === 'stopped') return { state: 'ok', output: `switched off: ${detail}`, perfdata }
    // Too early to say: a problem of before a restart does not end because we have just begun to look.
    if (lasts < after) return null
    const { word, bad } = away[state]
    return { state: bad, output: `${word} for ${Math.round(lasts / 1000)} s: ${detail}`, perfdata }
  },
}
