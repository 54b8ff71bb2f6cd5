import { z } from 'zod'
import { needsField } from '../../config/needs-field.ts'
import { targetsField } from '../../config/targets-field.ts'
import { type CheckResult, problemStates, type State } from '../../model/check.ts'
import { composed, count, needed } from '../../model/compose.ts'
import type { Check, Standing } from '../../model/contract.ts'
import type { TargetKind } from '../../model/target.ts'

const states = ['warning', 'critical', 'unknown', 'nodata'] as const

/** What stands for many others is made of checks already. */
const ownTargets: readonly TargetKind[] = ['instance', 'hypervisor', 'connection', 'project', 'business-service']

const config = z.strictObject({
  /** Checks of these rules: on the own target, on the host that carries it, or on the targets of a selector. */
  members: z
    .array(
      z.strictObject({
        rules: z.array(z.string().min(1)).min(1),
        on: z.enum(['target', 'host']).default('target'),
        targets: targetsField.optional(),
      }),
    )
    .min(1),
  /** So many must be good: fewer are critical. */
  needs: needsField.prefault('all'),
  /** With fewer it is a warning; default: as many as are needed. */
  wants: needsField.optional(),
  /** Members in these states are not good. Without unknown, it is not known of such a member whether it is. */
  bad: z.array(z.enum(states)).min(1).default(['critical']),
  /** A member's problem counts once it is confirmed. */
  hardOnly: z.boolean().default(true),
  /** What fewer than needed are. */
  state: z.enum(['warning', 'critical']).default('critical'),
})

const mostListed = 50

/** Several checks as one: n of m, all (and), any (or). */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'composite',
  description: 'Several other checks as one: how many of them are good, of how many that are needed',
  targets: ownTargets,
  bystander: true,
  config,
  async run({ config: { members, needs, wants, bad, hardOnly, state }, others }) {
    if (!others) return { state: 'unknown', output: 'other checks are known only to the running engine', perfdata: [] }
    const found = new Map<string, Standing>()
    for (const { rules, on, targets } of members) for (const one of others(rules, targets ?? on)) found.set(one.check, one)
    const all = [...found.values()]
    const stateOf = (one: Standing): State | null => (hardOnly && !one.hard && one.state !== null ? 'ok' : one.state)
    const counted = count(all.map(stateOf), bad)
    if (counted.of === 0) return { state: 'unknown', output: 'no check is a member of this', perfdata: [] }
    const judged = composed(counted, needs, wants ?? needs)
    // at a start nobody has had a result: what those may still decide is no news
    const hoped = all.map((one) => (one.state === null ? 'ok' : stateOf(one)))
    if (composed(count(hoped, bad), needs, wants ?? needs) !== judged) return null
    const least = needed(needs, counted.of)
    return {
      state: judged === 'critical' ? state : judged,
      output: `${counted.good} of ${counted.of} good, ${least} needed${counted.dark > 0 ? `, ${counted.dark} not known` : ''}`,
      ...listed(all, stateOf),
      perfdata: [
        { label: 'good', value: counted.good, unit: '', crit: `${least}:`, min: 0, max: counted.of },
        { label: 'bad', value: counted.bad, unit: '', min: 0, max: counted.of },
        { label: 'unknown', value: counted.dark, unit: '', min: 0, max: counted.of },
      ],
    }
  },
}

/** The members that are not ok, the worst first. */
function listed(all: readonly Standing[], stateOf: (one: Standing) => State | null): Pick<CheckResult, 'longOutput'> {
  const order: readonly State[] = problemStates
  const wrong = all
    .filter((one) => stateOf(one) !== 'ok')
    .sort((a, b) => order.indexOf(stateOf(a) ?? 'unknown') - order.indexOf(stateOf(b) ?? 'unknown'))
  if (wrong.length === 0) return {}
  const lines = wrong
    .slice(0, mostListed)
    .map((one) => `${stateOf(one) ?? 'no result yet'}: ${one.rule} on ${one.target.name ?? one.target.id}: ${one.output}`)
  const more = wrong.length - lines.length
  return { longOutput: [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n') }
}
