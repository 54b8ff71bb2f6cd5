import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** A connection may be away this long before it is a problem. */
  after: duration.prefault('1m'),
})

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
    const forHow = `for ${Math.round(lasts / 1000)} s`
    switch (entry.state) {
      case 'ok':
      case 'stopped':
        return { state: 'ok', output: `${entry.state === 'ok' ? 'connected' : 'switched off'}: ${entry.detail}`, perfdata }
      case 'degraded':
        return { state: lasts >= after ? 'warning' : 'ok', output: `degraded ${forHow}: ${entry.detail}`, perfdata }
      case 'starting':
        return { state: lasts >= after ? 'critical' : 'ok', output: `not connected yet ${forHow}: ${entry.detail}`, perfdata }
      case 'down':
        return { state: lasts >= after ? 'critical' : 'ok', output: `down ${forHow}: ${entry.detail}`, perfdata }
    }
  },
}
