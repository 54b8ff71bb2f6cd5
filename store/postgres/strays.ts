/**
 * Targets that only some engines know of. Each beat an engine says what it knows by a fingerprint for each slot; where fingerprints
 * differ it writes the list. The owner of a slot lends what it does not know to an engine that does, under the lock that each commit
 * for the slot holds, and each change of hands has a new fence (alert-writer.ts): of two engines never both write.
 */
import type { ClusterMember } from '../../model/alert-cluster.ts'
import type { Clock } from '../../model/clock.ts'
import type { ResourceRef } from '../../model/event.ts'
import { slotOf, slots } from '../../model/slot.ts'
import { type Known, knownOf, planStrays, refOf, type StrayPlan, targetKey } from '../../model/strays.ts'
import { type CheckRow, toStoredCheck } from '../journal/alert-rows.ts'
import { rowsParameter } from './conditions.ts'
import type { Postgres } from './connect.ts'
import type { LivingEngine } from './engines-seen.ts'
import type { Membership, Stray } from './membership.ts'
import { notify } from './notices.ts'

/** For so many leases it must have been so: inventories are read in turn, and what is new reaches each engine in its own time. */
const leases = { 'unknown here': 3, 'known here': 6 } as const
/** What was lent to an engine that died, and that nobody else knows, waits so long for it to come back. */
const keptMs = 2 * 60 * 60_000

type Moves = Pick<StrayPlan, 'lend' | 'back'>

export class Strays {
  readonly #postgres: Postgres
  readonly #own: Membership
  readonly #clock: Pick<Clock, 'monotonic'>
  #known: { of: readonly ResourceRef[]; known: Known } | null = null
  /** Slot → the fingerprint of the list that is written. */
  #written: ReadonlyMap<number, string> = new Map()
  /** `engine slot fingerprint` → what it stands for. */
  #lists = new Map<string, ReadonlySet<string>>()
  /** Slot → since when something is so, by the monotonic clock. */
  #since = new Map<number, Map<string, number>>()
  /** What the map of strays was read at. */
  #read = ''
  #abandoned = 0

  constructor(postgres: Postgres, own: Membership, clock: Pick<Clock, 'monotonic'>) {
    this.#postgres = postgres
    this.#own = own
    this.#clock = clock
  }

  /** Targets whose engine died, and that are not lent to another one yet: nobody else may know them. */
  get abandoned(): number {
    return this.#abandoned
  }

  /** What this engine says of itself. */
  digests(member: ClusterMember): string {
    return JSON.stringify(this.#knownOf(member).digests)
  }

  /** `living`: all engines that are seen, this one too. */
  async beat(member: ClusterMember, living: readonly LivingEngine[]): Promise<void> {
    const known = this.#knownOf(member)
    const telling = living.filter(({ digests, known, slots }) => digests !== null && (known > 0 || slots > 0))
    const divided = Array.from({ length: slots }, (_, slot) => slot).filter(
      (slot) => new Set(telling.map(({ digests }) => digests?.[slot])).size > 1,
    )
    await this.#publish(known, divided)
    await this.#learn(member)
    const moves = await this.#plan(known, telling, divided)
    if (moves.lend.size + moves.back.size > 0 && (await this.#move(moves))) await this.#learn(member)
    const lives = new Set(living.map(({ id }) => id))
    this.#abandoned = [...this.#own.strays.values()].filter(({ engine }) => !lives.has(engine)).length
  }

  #knownOf(member: ClusterMember): Known {
    const of = member.targets()
    if (this.#known?.of !== of) this.#known = { of, known: knownOf(of) }
    return this.#known.known
  }

  async #publish({ digests, targets }: Known, divided: readonly number[]): Promise<void> {
    const { query } = this.#postgres
    const wanted = new Map(divided.map((slot) => [slot, digests[slot] as string]))
    const gone = [...this.#written.keys()].filter((slot) => !wanted.has(slot))
    const rows = [...wanted]
      .filter(([slot, digest]) => this.#written.get(slot) !== digest)
      .map(([slot, digest]) => ({ slot, digest, targets: JSON.stringify([...(targets[slot] ?? [])]) }))
    if (gone.length > 0) await query('DELETE FROM engine_target WHERE engine = $1 AND slot = ANY($2)', [this.#own.id, gone])
    if (rows.length > 0)
      await query(
        `INSERT INTO engine_target (engine, slot, digest, targets)
           SELECT $1, slot, digest, targets FROM jsonb_to_recordset($2) AS t (slot smallint, digest text, targets text)
         ON CONFLICT (engine, slot) DO UPDATE SET digest = excluded.digest, targets = excluded.targets`,
        [this.#own.id, rowsParameter(rows)],
      )
    this.#written = wanted
  }

  /** What is to change hands in own slots. */
  async #plan(known: Known, telling: readonly LivingEngine[], divided: readonly number[]): Promise<Moves> {
    const own = this.#own
    const bySlot = Map.groupBy(own.strays, ([, { slot }]) => slot)
    const others = telling.filter(({ id }) => id !== own.id)
    const mine = [...own.owned.keys()].filter((slot) => divided.includes(slot) || bySlot.has(slot))
    await this.#fetch(others, mine)
    const moves: Moves = { lend: new Map(), back: new Set() }
    const elsewhere = new Set<string>()
    for (const slot of this.#since.keys()) if (!mine.includes(slot)) this.#since.delete(slot)
    for (const slot of mine) {
      const lists = new Map(others.map((one) => [one.id, this.#lists.get(listKey(one, slot))]))
      if ([...lists.values()].includes(undefined)) continue // its news are on their way
      const plan = planStrays({
        own: known.targets[slot] ?? new Set(),
        others: lists as Map<string, ReadonlySet<string>>,
        lent: new Map(bySlot.get(slot)?.map(([key, { engine }]) => [key, engine])),
        settled: this.#settling(slot),
      })
      for (const [key, heir] of plan.lend) moves.lend.set(key, heir)
      for (const key of plan.back) moves.back.add(key)
      for (const key of plan.elsewhere) elsewhere.add(key)
    }
    own.elsewhere = elsewhere
    return moves
  }

  /** Lists that are not known yet, of engines that differ from this one. */
  async #fetch(others: readonly LivingEngine[], mine: readonly number[]): Promise<void> {
    const lists = new Map<string, ReadonlySet<string>>()
    const missing: { engine: string; slot: number }[] = []
    const { digests } = this.#known?.known ?? { digests: [] }
    for (const one of others)
      for (const slot of mine) {
        const key = listKey(one, slot)
        const same = one.digests?.[slot] === digests[slot] ? this.#known?.known.targets[slot] : this.#lists.get(key)
        if (same) lists.set(key, same)
        else missing.push({ engine: one.id, slot })
      }
    this.#lists = lists
    if (missing.length === 0) return
    const rows = await this.#postgres.query<{ engine: string; slot: number; digest: string; targets: string }>(
      `SELECT engine::text, slot, digest, targets FROM engine_target
       JOIN jsonb_to_recordset($1) AS t (engine uuid, slot smallint) USING (engine, slot)`,
      [JSON.stringify(missing)],
    )
    for (const { engine, slot, digest, targets } of rows)
      lists.set(`${engine} ${slot} ${digest}`, new Set(JSON.parse(targets) as string[]))
  }

  /** Remembers since when each thing is so; what is not asked about is not so any more. */
  #settling(slot: number): Parameters<typeof planStrays>[0]['settled'] {
    const now = this.#clock.monotonic()
    const before = this.#since.get(slot)
    const since = new Map<string, number>()
    this.#since.set(slot, since)
    return (what, key) => {
      const named = `${what} ${key}`
      const began = before?.get(named) ?? now
      since.set(named, began)
      return now - began >= (what === 'known nowhere' ? keptMs : leases[what] * this.#own.leaseMs)
    }
  }

  /** False when none of the slots is this engine's any more. */
  async #move({ lend, back }: Moves): Promise<boolean> {
    const slotsOf = [...this.#own.owned].map(([slot, fence]) => ({ slot, fence: Number(fence) }))
    const lent = [...lend].map(([target, engine]) => ({ target, engine }))
    return this.#postgres.transaction(async (query) => {
      // commits for these slots hold the rows: what they write was decided before
      const held = await query<{ slot: number }>(
        `SELECT slot FROM lease JOIN jsonb_to_recordset($2) AS t (slot smallint, fence bigint) USING (slot, fence)
         WHERE owner = $1 ORDER BY slot FOR UPDATE OF lease`,
        [this.#own.id, JSON.stringify(slotsOf)],
      )
      const mine = new Set(held.map(({ slot }) => slot))
      const rows = lent.map((one) => ({ ...one, slot: slotOfKey(one.target) })).filter(({ slot }) => mine.has(slot))
      const taken = [...back].filter((key) => mine.has(slotOfKey(key)))
      // in the order in which commits lock them
      await query('SELECT 1 FROM stray WHERE target = ANY($1) ORDER BY target FOR UPDATE', [
        [...taken, ...rows.map(({ target }) => target)],
      ])
      if (taken.length > 0) await query('DELETE FROM stray WHERE target = ANY($1)', [taken])
      if (rows.length > 0)
        await query(
          `INSERT INTO stray (target, slot, engine)
             SELECT target, slot, engine FROM jsonb_to_recordset($1) AS t (target text, slot smallint, engine uuid)
           ON CONFLICT (target) DO UPDATE SET engine = excluded.engine, fence = nextval('stray_fence')`,
          [rowsParameter(rows)],
        )
      await notify(query)
      return rows.length + taken.length > 0
    })
  }

  /** Learns what is lent to whom; checks that changed hands are read anew before anybody here decides on them. */
  async #learn(member: ClusterMember): Promise<void> {
    const { query } = this.#postgres
    const own = this.#own
    const [now] = await query<{ count: number; newest: number | null }>(
      'SELECT count(*) AS count, max(fence) AS newest FROM stray',
    )
    const read = `${now?.count} ${now?.newest}`
    if (read === this.#read && own.lostStrays.size === 0) return
    const rows = await query<{ target: string; slot: number; engine: string; fence: number }>(
      'SELECT target, slot, engine::text, fence FROM stray',
    )
    const after = new Map<string, Stray>(
      rows.map(({ target, slot, engine, fence }) => [target, { slot, engine, fence: BigInt(fence) }]),
    )
    const lost = [...own.lostStrays]
    const changed = new Set(lost)
    for (const key of new Set([...own.strays.keys(), ...after.keys()]))
      if (own.strays.get(key)?.fence !== after.get(key)?.fence) changed.add(key)
    const refs = [...changed].map(refOf)
    const checks = await query<CheckRow>(
      `SELECT c.* FROM check_state c JOIN jsonb_to_recordset($1) AS t (kind text, id text)
         ON c.target_kind = t.kind AND c.target_id = t.id`,
      [rowsParameter(refs)],
    )
    member.reload((target) => changed.has(targetKey(target)), checks.map(toStoredCheck))
    own.strays = after
    for (const key of lost) own.lostStrays.delete(key)
    this.#read = read
  }
}

const slotOfKey = (key: string) => slotOf(refOf(key))
const listKey = ({ id, digests }: LivingEngine, slot: number) => `${id} ${slot} ${digests?.[slot]}`
