/** How long things may take before nobody can say any more that they are still going on. Reference: notifications.md §3. */

const minute = 60_000
const hour = 60 * minute

/** Canonical type → ms from its start to its end at the most. What is not here has no `.end` that figures depend on. */
export const longestDuration = {
  'instance.create': 30 * minute,
  'instance.delete': 10 * minute,
  'instance.soft_delete': 10 * minute,
  'instance.resize_prep': 4 * hour,
  'instance.resize': 4 * hour,
  'instance.resize_finish': 4 * hour,
  'instance.resize_confirm': 4 * hour,
  'instance.resize_revert': 4 * hour,
  'instance.rebuild': 4 * hour,
  'instance.live_migration_pre': 12 * hour,
  'instance.live_migration_post': 12 * hour,
  'instance.live_migration_post_dest': 12 * hour,
  'instance.shelve': 2 * hour,
  'instance.shelve_offload': 2 * hour,
  'instance.unshelve': 2 * hour,
  'volume.create': 4 * hour,
  'volume.delete': 4 * hour,
  'volume.resize': 4 * hour,
  'snapshot.create': 12 * hour,
  'snapshot.delete': 4 * hour,
  'backup.create': 24 * hour,
  'backup.delete': 4 * hour,
} as const satisfies Readonly<Record<string, number>>

/** For actions of any kind: after this long without an end nobody knows what became of them. */
export const dueAfter = (type: string): number => (longestDuration as Readonly<Record<string, number>>)[type] ?? 4 * hour
