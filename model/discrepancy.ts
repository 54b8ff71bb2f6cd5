/**
 * Where a second witness (`exists`, a reading of the API, the old state of an `update`) disagrees with what the ledger knew:
 * something was missed. The ledger then goes by the witness; the disagreement is kept, so that figures can be defended.
 */
import type { CloudEvent } from './event.ts'
import { clockSkew, type LedgerState, sameFlavor } from './ledger-state.ts'
import { endOf, floored, ledgerFlavor, tellsFlavor } from './ledger-witness.ts'

export interface Discrepancy {
  instance: string
  /** When the witness spoke, epoch ms. */
  at: number
  about: 'launched_at' | 'flavor' | 'project' | 'end' | 'state'
  ours: string | null
  theirs: string | null
  witness: 'exists' | 'api' | 'update'
}

/** Ends of two witnesses are the same when they are this close: MySQL rounds fractions that MariaDB cuts off. */
const sameEnd = 1000

/** What this event contradicts. `before` is what was known; nothing contradicts what was not known. */
export function discrepanciesOf(event: CloudEvent, before: LedgerState): Discrepancy[] {
  const witness = witnesses[event.type]
  const facts = event.instance
  // told within the skew of clocks after a change, or as its twin in the other format: may be older than the change
  if (!witness || !facts || before.state === null || event.time - before.changedAt <= clockSkew) return []
  const found: Discrepancy[] = []
  const differ = (about: Discrepancy['about'], ours: string | null, theirs: string | null) =>
    found.push({ instance: before.instance, at: event.time, about, ours, theirs, witness })
  if (witness === 'update') {
    const old = facts.oldState ?? null
    if (old !== null && old !== before.state && before.state !== facts.state && before.buildFailedAt === null)
      differ('state', before.state, old)
    return found
  }
  const end = endOf(event, before)
  if (endsDiffer(end, before)) differ('end', iso(before.terminatedAt), iso(end?.at ?? null))
  const launched = floored(facts.launchedAt)
  if (launched !== null && launched !== before.launchedAt) differ('launched_at', iso(before.launchedAt), iso(launched))
  if (facts.flavor && before.flavor && tellsFlavor(event) && !sameFlavor(before.flavor, ledgerFlavor(facts.flavor)))
    differ('flavor', before.flavor.name, facts.flavor.name)
  if (event.project && before.project && event.project !== before.project) differ('project', before.project, event.project)
  const state = facts.state ?? null
  // that a build failed for good is our own conclusion; Nova may still say that it is building
  const settled = (facts.taskState ?? null) === null && before.buildFailedAt === null
  if (end === null && before.terminatedAt === null && state !== null && settled && state !== before.state)
    differ('state', before.state, state)
  return found
}

function endsDiffer(end: ReturnType<typeof endOf>, { terminatedAt }: LedgerState): boolean {
  if (end === null || terminatedAt === null) return (end === null) !== (terminatedAt === null)
  return end.proof !== 'told' && Math.abs(end.at - terminatedAt) > sameEnd
}

const witnesses: Readonly<Record<string, Discrepancy['witness']>> = {
  'instance.exists': 'exists',
  'instance.observed': 'api',
  'instance.update': 'update',
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString())
