/** What others wrote: states of their checks, downtimes, and orders for checks of this engine. */
import type { CheckOrder, ClusterMember } from '../../model/alert-cluster.ts'
import { type CheckRow, toStoredCheck } from '../journal/alert-rows.ts'
import { openDowntimes } from './alert-writer.ts'
import type { Postgres } from './connect.ts'
import type { Membership } from './membership.ts'

/** Reads on from where it was. Nothing is missed: what was still being written at the last look is looked at again. */
export class Following {
  readonly #postgres: Pick<Postgres, 'query'>
  readonly #own: Membership
  /** Transactions before this one were all seen. Null: the next look reads everything. */
  #seen: string | null = null

  constructor(postgres: Pick<Postgres, 'query'>, own: Membership) {
    this.#postgres = postgres
    this.#own = own
  }

  async look(member: ClusterMember): Promise<void> {
    const { query } = this.#postgres
    const [at] = await query<{ xmin: string }>('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin')
    const changed = await query<CheckRow & { slot: number }>(
      'SELECT * FROM check_state WHERE changed >= $1::text::xid8 AND NOT slot = ANY($2)',
      [this.#seen ?? '0', [...this.#own.owned.keys()]],
    )
    // whoever took a slot in the meantime has read it himself, and may have decided since
    member.follow(changed.filter(({ slot }) => !this.#own.owned.has(slot)).map(toStoredCheck))
    member.downtimes(await openDowntimes(query))
    this.#seen = at?.xmin ?? this.#seen
    await this.#obey(member)
  }

  async #obey(member: ClusterMember): Promise<void> {
    const orders = await this.#postgres.query<{ id: number; slot: number; body: string }>(
      'SELECT id, slot, body FROM check_order WHERE slot = ANY($1) ORDER BY id LIMIT 1000',
      [[...this.#own.owned.keys()]],
    )
    for (const { id, slot, body } of orders) if (this.#own.owned.has(slot)) await member.obey(id, JSON.parse(body) as CheckOrder)
  }
}
