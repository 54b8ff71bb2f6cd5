/**
 * Which of an event's words count for the ledger. Payloads speak of an instance in the middle of a change: of what was asked
 * for, of either end of a move, of an end that was only tried. Source: nova/notifications and the order in which
 * nova/compute/manager.py saves and notifies.
 */
import type { CloudEvent } from './event.ts'
import { floorToSecond } from './timestamp.ts'

/** What was known of the instance before the event: is a segment open, and Nova's vm_state. */
interface Known {
  open: object | null
  state: string | null
}

/** Cut to the second, as Nova's database cuts it. */
export const floored = (time: number | null | undefined) => (time === null || time === undefined ? null : floorToSecond(time))

/** `resize_prep` speaks of the flavor asked for, and until `resize_finish.end` nothing says that the new one holds. */
export function tellsFlavor(event: CloudEvent): boolean {
  const action = event.type.slice('instance.'.length)
  if (action === 'resize_prep' || action === 'resize') return false
  if ((action === 'resize_finish' || action === 'resize_revert') && event.phase !== 'end') return false
  return !(event.instance?.taskState?.startsWith('resize_') ?? false)
}

/** Moves are settled by the event that ends them; what is said while a task runs may be either end of the journey. */
export function tellsHost(event: CloudEvent): boolean {
  const action = event.type.slice('instance.'.length)
  if (action.startsWith('live_migration_')) return action === 'live_migration_post_dest' && event.phase === 'end'
  if (
    action === 'delete' ||
    action === 'shutdown' ||
    action === 'soft_delete' ||
    action === 'evacuate' ||
    action === 'volume_detach'
  )
    return false
  return event.phase !== 'start' && (event.instance?.taskState ?? null) === null
}

/** A create that fails and is tried elsewhere is still building; a shutdown inside a delete is no stop. */
export function tellsState(event: CloudEvent, before: Known): boolean {
  if (event.type === 'instance.shutdown') return false
  if (event.type === 'instance.create' && event.phase === 'start') return before.open === null || before.state === 'building'
  return true
}

/**
 * When the instance ended, if this event proves it. `delete.end` is sent from a `finally` block and proves nothing by itself:
 * the payload must say deleted or carry a time.
 */
export function endOf(event: CloudEvent, before: Known): number | null {
  const facts = event.instance
  if (!facts) return null
  const terminated = floored(facts.terminatedAt)
  if (terminated !== null) return terminated
  const deleted = floored(facts.deletedAt)
  if (facts.state === 'deleted') return deleted ?? floorToSecond(event.time)
  if (event.type !== 'instance.delete' || event.phase !== 'end') return null
  if (deleted !== null && before.state !== 'soft-delete') return deleted
  return null
}
