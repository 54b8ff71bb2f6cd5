import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { type CauseView, cappedList, listText, verdictOf } from '../../model/cause.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({
  /** More than this share of what it carries has to fail, percent. */
  share: z.number().min(1).max(99).default(50),
  /** … and at least so many. */
  least: z.int().min(2).max(1000).default(3),
  /** They began within this time of each other. */
  window: duration.prefault('5m'),
})

/** One problem for what many that fail have in common. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'cause',
  description:
    'Most of what a region, an availability zone, a hypervisor, a router or a network carries fails at once, or is silent',
  targets: ['region', 'zone', 'hypervisor', 'router', 'network', 'source'],
  config,
  bystander: true,
  async run({ config: { share, least, window }, target, cause, now }) {
    const view = cause?.()
    if (!view) return { state: 'unknown', output: 'what it carries is known to the running "specola serve" only', perfdata: [] }
    // of two that fail both are most
    const found = verdictOf(view, { share, least: Math.min(least, leastOf[view.of]), windowMs: window }, now)
    if (!found) return null
    const { state, failing, of } = found
    const perfdata = [{ label: 'failing', value: failing.length, unit: '', min: 0, max: of }]
    if (state === 'ok') return { state, output: `${of} ${words[view.of](of)}, no cause in common`, perfdata }
    const list = listText(cappedList(failing.map(({ id, name }) => name ?? id)))
    const name = target.name ?? target.id
    const count = `${failing.length} of ${of} ${words[view.of](of)}`
    const said = {
      critical: `${name} fails: ${count}: ${list}`,
      nodata: `${name} is silent: no readings of ${count}: ${list}`,
      warning: `${name} works again, but ${count} still ${failing.length === 1 ? 'fails' : 'fail'}: ${list}`,
    }
    return { state, output: said[state], perfdata }
  },
}

/** A zone of two hypervisors fails when both do. */
const leastOf: Record<CauseView['of'], number> = {
  zone: 2,
  hypervisor: 2,
  network: 2,
  instance: Number.POSITIVE_INFINITY,
  port: Number.POSITIVE_INFINITY,
  target: Number.POSITIVE_INFINITY,
}

const plural = (one: string, many: string) => (count: number) => (count === 1 ? one : many)
const words: Record<CauseView['of'], (count: number) => string> = {
  zone: plural('availability zone', 'availability zones'),
  hypervisor: plural('hypervisor', 'hypervisors'),
  instance: plural('instance', 'instances'),
  network: plural('network', 'networks'),
  port: plural('port', 'ports'),
  target: plural('target', 'targets'),
}
