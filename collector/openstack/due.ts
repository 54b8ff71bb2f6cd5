/** When what is read of an API. Pure; times are epoch ms. */
import { longestDuration } from '../../model/longest-duration.ts'

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

const minute = 60_000

const lookedInto: ReadonlySet<string> = new Set([
  'instance.create',
  'instance.delete',
  'instance.resize',
  'instance.resize_prep',
  'instance.resize_finish',
  'instance.resize_revert',
  'instance.live_migration_pre',
  'instance.shelve',
  'instance.shelve_offload',
  'instance.unshelve',
  'instance.soft_delete',
])

/** After so long without the other half of it, an action is looked into, ms. */
export const overdueAfter: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(longestDuration).filter(([type]) => lookedInto.has(type))),
  'instance.shutdown': 10 * minute,
  'instance.power_off': 15 * minute,
  'instance.power_on': 15 * minute,
  'instance.reboot': 15 * minute,
  'instance.rebuild': 120 * minute,
  'instance.restore': 10 * minute,
}
