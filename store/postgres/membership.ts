/** This engine among those that share a journal: its name for this run, and what it owns. In memory; PostgreSQL decides. */
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

  constructor(id: string, name: string, leaseMs: number) {
    this.id = id
    this.name = name
    this.leaseMs = leaseMs
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
