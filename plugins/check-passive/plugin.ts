import { z } from 'zod'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({})

/** A check that others make: results come by HTTP or the command file. How old they may get is the rule's `stale`. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'passive',
  description: 'Results that others push in; without any for the time the rule calls stale, no data',
  targets: ['instance', 'hypervisor', 'connection', 'device'],
  config,
  run: async () => null,
}
