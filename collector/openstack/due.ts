/** When what is read of an API. Pure; times are epoch ms. */

/** Is it time for a reading of everything? They are made at an hour of the day, UTC, every so often. */
export function fullListDue(last: number | null, { every, hour }: { every: number; hour: number }, now: number): boolean {
  if (last === null) return true
  const offset = hour * 3_600_000
  const slot = Math.floor((now - offset) / every) * every + offset
  return last < slot
}

/**
 * From when on changes are asked for: well before the last reading, as rows become visible after the time that they bear, and
 * clocks differ.
 */
export const changesSince = (lastReadAt: number, interval: number): number => lastReadAt - 2 * interval

/** After so long without the other half of it, an action is looked into, ms. */
export const overdueAfter: Readonly<Record<string, number>> = {
  'instance.create': 30 * 60_000,
  'instance.delete': 10 * 60_000,
  'instance.shutdown': 10 * 60_000,
  'instance.power_off': 15 * 60_000,
  'instance.power_on': 15 * 60_000,
  'instance.reboot': 15 * 60_000,
  'instance.rebuild': 2 * 3_600_000,
  'instance.resize': 4 * 3_600_000,
  'instance.resize_prep': 4 * 3_600_000,
  'instance.resize_finish': 4 * 3_600_000,
  'instance.resize_revert': 4 * 3_600_000,
  'instance.live_migration_pre': 12 * 3_600_000,
  'instance.shelve': 2 * 3_600_000,
  'instance.shelve_offload': 2 * 3_600_000,
  'instance.unshelve': 2 * 3_600_000,
  'instance.soft_delete': 10 * 60_000,
  'instance.restore': 10 * 60_000,
}
