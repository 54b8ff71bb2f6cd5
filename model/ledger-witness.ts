/**
 * Which of an event's words count for the ledger. Payloads speak of an instance in the middle of a change: of what was asked
 * for, of either end of a move, of an end that was only tried. Source: nova/notifications and the order in which
 * nova/compute/manager.py saves and notifies.
 */
import type { CloudEvent, FlavorFacts } from './event.ts'
import { clockSkew, type EndProof, type LedgerFlavor, type LedgerState } from './ledger-state.ts'
import { floorToSecond } from './timestamp.ts'

/** Cut to the second, as Nova's database cuts it. */
export const floored = (time: number | null | undefined) => (time === null || time === undefined ? null : floorToSecond(time))

export function ledgerFlavor(flavor: FlavorFacts): LedgerFlavor {
  return {
    id: flavor.id,
    name: flavor.name,
    vcpus: flavor.vcpus,
    memoryMb: flavor.memoryMb,
    diskGb: flavor.rootGb + flavor.ephemeralGb,
  }
}

const actionOf = (event: CloudEvent) => event.type.slice('instance.'.length)

/** Nova's own record as it stands: the audit, or a reading of the API. */
export const isWitness = ({ type }: CloudEvent) => type === 'instance.exists' || type === 'instance.observed'

/**
 * `resize_prep` speaks of the flavor asked for, and until `resize_finish.end` nothing says that the new one holds; what is said
 * of a failure speaks of either. The `exists` that Nova sends before it begins to resize holds the old one.
 */
export function tellsFlavor(event: CloudEvent): boolean {
  const action = actionOf(event)
  if (action === 'resize_prep' || action === 'resize' || event.phase === 'error') return false
  if ((action === 'resize_finish' || action === 'resize_revert') && event.phase !== 'end') return false
  const task = event.instance?.taskState ?? null
  return !task?.startsWith('resize_') || (action === 'exists' && task === 'resize_prep')
}

/** A launch told in the middle of one of these tasks has not changed flavor and host yet. */
export const isRelaunching = (event: CloudEvent): boolean =>
  /^(?:resize_|rebuild|rescuing|unshelving|spawning)/.test(event.instance?.taskState ?? '')

/**
 * Moves are settled by the event that ends them; what is said while a task runs may be either end of the journey. After a build
 * that failed only Nova's own record says that a host has it.
 */
export function tellsHost(event: CloudEvent, before: LedgerState): boolean {
  const action = actionOf(event)
  if (before.buildFailedAt !== null && event.instance?.launchedAt == null && !isWitness(event)) return false
  if (action.startsWith('live_migration_')) return action === 'live_migration_post_dest' && event.phase === 'end'
  if (
    action === 'delete' ||
    action === 'shutdown' ||
    action === 'soft_delete' ||
    action === 'evacuate' ||
    action === 'volume_detach'
  )
    return false
  if (event.phase === 'start' || (event.phase === 'error' && action !== 'create')) return false
  return (event.instance?.taskState ?? null) === null
}

/**
 * Where it is after this event. The payload of an evacuation's `rebuild.end` still names the host that died: Nova saves the new
 * one afterwards; who published it is where the instance is.
 */
export function hostTold(event: CloudEvent): string | null {
  if (event.type !== 'instance.rebuild') return event.host
  return /^(?:nova-)?compute[.:](.+)$/.exec(event.publisher)?.[1] ?? event.host
}

/** A create that fails and is tried elsewhere is still building; a shutdown inside a delete is no stop. */
export function tellsState(event: CloudEvent, before: LedgerState): boolean {
  if (event.type === 'instance.shutdown') return false
  if (event.type === 'instance.create' && event.phase === 'start')
    return before.open === null || before.state === 'building' || before.buildFailedAt !== null
  if (event.time - before.changedAt <= clockSkew && repeatsState(event)) return false
  // after a failed attempt only another attempt, or Nova's own record, says that it is being built
  return before.buildFailedAt === null || event.instance?.state !== 'building' || isWitness(event)
}

/**
 * Says the state that an action found, not one that it brought about: so soon after a change it comes from a host whose clock
 * is ahead.
 */
function repeatsState(event: CloudEvent): boolean {
  const facts = event.instance
  return event.phase === 'start' || isWitness(event) || (event.type === 'instance.update' && facts?.oldState === facts?.state)
}

/** The attempt to build it failed; nothing is held any more. One that was launched before the failure goes by its payload. */
export const failedToBuild = (event: CloudEvent, { launchedAt }: Pick<LedgerState, 'launchedAt'>): boolean =>
  event.type === 'instance.create' && event.phase === 'error' && launchedAt === null

const proofs: Readonly<Record<EndProof, number>> = { terminated: 3, deleted: 2, told: 1 }

export const provesBetter = (proof: EndProof, than: EndProof | null) => than === null || proofs[proof] > proofs[than]

/**
 * When the instance ended, if this event proves it. `delete.end` is sent from a `finally` block and proves nothing by itself:
 * the payload must say deleted or carry a time, and neither one that a soft delete wrote.
 */
export function endOf(event: CloudEvent, before: LedgerState): { at: number; proof: EndProof } | null {
  const facts = event.instance
  if (!facts) return null
  const state = facts.state ?? null
  const deleteEnd = event.type === 'instance.delete' && event.phase === 'end'
  const terminated = floored(facts.terminatedAt)
  const deleted = floored(facts.deletedAt)
  if (state === 'deleted') {
    if (terminated !== null) return { at: terminated, proof: 'terminated' }
    if (deleted !== null && deleted !== before.softDeletedAt) return { at: deleted, proof: 'deleted' }
    const told = event.type === 'instance.observed' ? Math.min(facts.updatedAt ?? event.time, event.time) : event.time
    return { at: floorToSecond(told), proof: 'told' }
  }
  if (state === 'soft-delete') return deleteEnd ? endOfLocalDelete(terminated, deleted, before) : null
  if (terminated !== null && terminated !== before.keptTerminatedAt && (deleteEnd || state === null))
    return { at: terminated, proof: 'terminated' }
  if (!deleteEnd || deleted === null || deleted === before.softDeletedAt) return null
  if (before.state === 'soft-delete' || facts.taskState === 'soft-deleting') return null
  return { at: deleted, proof: 'deleted' }
}

/**
 * A soft delete in the API, without a host or while the host is down: Nova terminates the instance, then destroys its row for
 * good and only then tells `delete.end`, which still says `soft-delete` (nova/compute/api.py, _local_delete). The row was
 * destroyed when its deleted_at is newer than the one that the request wrote.
 */
function endOfLocalDelete(terminated: number | null, deleted: number | null, { softDeletedAt }: LedgerState) {
  if (terminated === null || deleted === null || softDeletedAt === null) return null
  return deleted > softDeletedAt && deleted >= terminated ? { at: terminated, proof: 'terminated' as const } : null
}

/**
 * A soft delete in the API, without a host, writes terminated_at at once. It stays when the instance is restored: Nova then
 * shows a living instance as terminated.
 */
export function keptTerminated(event: CloudEvent): number | null {
  const state = event.instance?.state ?? null
  if (state === null || state === 'deleted' || (event.type === 'instance.delete' && state !== 'soft-delete')) return null
  return floored(event.instance?.terminatedAt)
}
