/**
 * Does a reading of an API say anything that the journal does not know? Readings repeat themselves every few minutes for every
 * resource of a cloud; only what is new becomes an event. Pure.
 */
import type { CloudEvent } from '../../model/event.ts'
import type { InstanceLabels } from '../../model/labels.ts'
import { absent, advance } from '../../model/ledger.ts'
import { compareKeys, type LedgerState, sortKey } from '../../model/ledger-state.ts'

/** Of an instance: by what the ledger would make of it. `known` null: never heard of. */
export function isNewsOfInstance(reading: CloudEvent, known: LedgerState | null): boolean {
  if (known === null) return true
  // it was given up for gone, and there it is
  if (known.inferredEnd && reading.type !== absent) return true
  // something newer was told since it was read: the next reading will do
  if (compareKeys(sortKey(reading), known.last) <= 0) return false
  const advanced = advance(known, reading)
  return !advanced.ok || advanced.closed.length > 0 || substance(advanced.state) !== substance(known)
}

/** Does it say of zone, metadata or tags what is not known? `known` null: nothing is. */
export function tellsLabels({ instance }: CloudEvent, known: InstanceLabels | null): boolean {
  const { availabilityZone = null, metadata, tags } = instance ?? {}
  const same = (told: unknown, stored: unknown) => JSON.stringify(told, sorted) === JSON.stringify(stored, sorted)
  return (
    (availabilityZone !== null && availabilityZone !== known?.availabilityZone) ||
    (metadata !== undefined && !same(metadata, known?.metadata ?? {})) ||
    (tags !== undefined && !same([...tags].sort(), [...(known?.tags ?? [])].sort()))
  )
}

/** What a state says of the instance, without when it was told and by whom; ids of flavors are missing from readings. */
function substance({ last: _, toldAt: __, open, flavor, ...rest }: LedgerState): string {
  return JSON.stringify([{ ...rest, flavor: flavor && { ...flavor, id: null } }, open?.from, open?.state, open?.host], sorted)
}

/** Of anything else: unless the newest word of it was the same reading. `newest` null: never heard of. */
export function isNews(reading: CloudEvent, newest: CloudEvent | null): boolean {
  if (newest === null || newest.type !== reading.type) return newest === null || newest.time <= reading.time
  return newest.time <= reading.time && content(newest) !== content(reading)
}

/** Everything but when it was read: services touch `updated_at` without changing anything else. */
function content({ id: _, time: __, about, ...rest }: CloudEvent): string {
  return JSON.stringify({ ...rest, about: about && { ...about, updatedAt: undefined } }, sorted)
}

/** Keys in alphabetical order: what went through the journal may have them in another. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
