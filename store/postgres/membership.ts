/** This engine among those that share a journal: its name for this run, and what it owns. In memory; PostgreSQL decides. */
import type { ResourceRef } from '../../model/event.ts'
import { slotOf } from '../../model/slot.ts'
import { targetKey } from '../../model/strays.ts'

/** A target that is lent out of its slot. */
export interface Stray {
  slot: number
  engine: string
  fence: bigint
}

export class Membership {
  /** Of one run of the process. */
  readonly id: string
  readonly name: string
  /** An engine that was not seen for this long is taken for dead, by the database's clock. */
  readonly leaseMs: number
  /** Slot → the fence that this engine holds it with. */
  readonly owned = new Map<number, bigint>()
  /** Slots whose checks have to be read anew: a commit found them to be another's. */
  readonly lost = new Set<number>()
  /** Every target that is lent, to whomever. Replaced as a whole: whoever holds one has what held then. */
  strays: ReadonlyMap<string, Stray> = new Map()
  /** Lent targets whose checks have to be read anew. */
  readonly lostStrays = new Set<string>()
  /** Targets that others know of and this engine does not, in its own slots. */
  elsewhere: ReadonlySet<string> = new Set()

  constructor(id: string, name: string, leaseMs: number) {
    this.id = id
    this.name = name
    this.leaseMs = leaseMs
  }

  owns(target: ResourceRef): boolean {
    const stray = this.strays.size === 0 ? undefined : this.strays.get(targetKey(target))
    if (stray) return stray.engine === this.id && !this.lostStrays.has(targetKey(target))
    return this.owned.has(slotOf(target))
  }

  lose(slots: Iterable<number>): void {
    for (const slot of slots) {
      this.owned.delete(slot)
      this.lost.add(slot)
    }
  }
}

/** SQL that holds for an engine that lives. `?` is the lease in ms. */
export const living = `seen > clock_timestamp() - ? * interval '1 millisecond'`

/** A claim that goes on: of this engine, or of nobody who lives. Two values: the engine, the lease in ms. */
export const free = `(claimed_by IS NULL OR claimed_by = ?
  OR NOT EXISTS (SELECT 1 FROM engine WHERE engine.id = claimed_by AND ${living}))`
/** Who was not seen for too long claims nothing: others may take it for dead. Two values: the engine, the lease in ms. */
export const alive = `EXISTS (SELECT 1 FROM engine WHERE engine.id = ? AND ${living})`
