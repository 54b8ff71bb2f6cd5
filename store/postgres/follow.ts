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
    const changed = await query<CheckRow>(
      `SELECT * FROM check_state c WHERE changed >= $1::text::xid8 AND (NOT slot = ANY($2)
         OR EXISTS (SELECT 1 FROM stray WHERE stray.slot = c.slot AND stray.target = c.target_kind || ':' || c.target_id))`,
      [this.#seen ?? '0', [...this.#own.owned.keys()]],
    )
    // whoever took a check in the meantime has read it himself, and may have decided since
    member.follow(changed.map(toStoredCheck).filter(({ target }) => !this.#own.owns(target)))
    member.downtimes(await openDowntimes(query))
    this.#seen = at?.xmin ?? this.#seen
    await this.#obey(member)
  }

  async #obey(member: ClusterMember): Promise<void> {
    const orders = await this.#postgres.query<{ id: number; body: string }>(
      `SELECT id, body FROM check_order o LEFT JOIN stray s ON s.target = o.target
       WHERE coalesce(s.engine = $2::uuid, o.slot = ANY($1)) ORDER BY id LIMIT 1000`,
      [[...this.#own.owned.keys()], this.#own.id],
    )
    for (const { id, body } of orders) await member.obey(id, JSON.parse(body) as CheckOrder)
  }
}
