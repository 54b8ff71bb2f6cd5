/**
 * Who owns which slots. An engine says each quarter of a lease that it lives, by the database's clock; slots of one that fell silent
 * are free. Each change of owner raises the slot's fence, and a commit by an older fence writes nothing (alert-writer.ts): an engine
 * that was stopped for a while, or cut off, does no harm when it comes back.
 */
import type { ClusterMember, EngineSeen } from '../../model/alert-cluster.ts'
import type { ResourceRef } from '../../model/event.ts'
import { type Candidate, fairShare } from '../../model/fair-share.ts'
import { slotOf } from '../../model/slot.ts'
import { type CheckRow, toStoredCheck } from '../journal/alert-rows.ts'
import { numbered } from './conditions.ts'
import type { Postgres } from './connect.ts'
import { engineRows } from './engines-seen.ts'
import { living, type Membership } from './membership.ts'
import { notify } from './notices.ts'
import type { Strays } from './strays.ts'

/** One beat: says that it lives, learns what it lost, takes what it is due and gives back what is too much. */
export async function beat(
  postgres: Postgres,
  own: Membership,
  strays: Strays,
  member: ClusterMember,
): Promise<readonly EngineSeen[]> {
  const { query } = postgres
  await query(
    `INSERT INTO engine (id, name, known, digests, started, seen) VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET known = excluded.known, digests = excluded.digests, seen = excluded.seen`,
    [own.id, own.name, member.known(), strays.digests(member)],
  )
  // whoever had this name before is dead: it was this engine, before it was started again
  await query(numbered(`DELETE FROM engine WHERE name = ? AND id <> ? AND NOT ${living}`), [own.name, own.id, own.leaseMs])
  await noticeLosses(postgres, own)
  const engines = await engineRows(postgres, own.leaseMs)
  const alive = engines.filter((one) => one.alive)
  const candidates: Candidate[] = alive
  const due = fairShare(own.id, candidates)
  if (own.owned.size > due) await giveBack(postgres, own, own.owned.size - due)
  await readLost(postgres, own, member)
  if (own.owned.size < due) await take(postgres, own, member, due - own.owned.size)
  await strays.beat(member, alive)
  return engines
}

/** Another engine took these while this one was silent. */
async function noticeLosses({ query }: Postgres, own: Membership): Promise<void> {
  const rows = await query<{ slot: number; fence: number }>('SELECT slot, fence FROM lease WHERE owner = $1', [own.id])
  const held = new Map(rows.map(({ slot, fence }) => [slot, BigInt(fence)]))
  own.lose([...own.owned].filter(([slot, fence]) => held.get(slot) !== fence).map(([slot]) => slot))
  // taken by a beat whose answer was lost: nobody decides on these
  const stray = [...held.keys()].filter((slot) => !own.owned.has(slot))
  if (stray.length > 0) await query('UPDATE lease SET owner = NULL WHERE owner = $1 AND slot = ANY($2)', [own.id, stray])
}

async function giveBack({ query }: Postgres, own: Membership, many: number): Promise<void> {
  const slots = [...own.owned.keys()].sort((a, b) => b - a).slice(0, many)
  own.lose(slots)
  await query('UPDATE lease SET owner = NULL WHERE owner = $1 AND slot = ANY($2)', [own.id, slots])
  await notify(query)
}

/** Decided by nobody here any more: what the journal has is what holds. */
async function readLost(postgres: Postgres, own: Membership, member: ClusterMember): Promise<void> {
  if (own.lost.size === 0) return
  const slots = [...own.lost]
  const checks = await checksOf(postgres, slots)
  member.reload(inSlots(slots), checks)
  for (const slot of slots) own.lost.delete(slot)
}

async function take(postgres: Postgres, own: Membership, member: ClusterMember, many: number): Promise<void> {
  const taken = await postgres.query<{ slot: number; fence: number }>(
    numbered(`UPDATE lease SET owner = ?, fence = fence + 1 WHERE slot IN (
        SELECT slot FROM lease WHERE owner IS NULL OR NOT EXISTS (SELECT 1 FROM engine WHERE engine.id = owner AND ${living})
        ORDER BY slot LIMIT ? FOR UPDATE SKIP LOCKED)
      RETURNING slot, fence`),
    [own.id, own.leaseMs, many],
  )
  if (taken.length === 0) return
  const slots = taken.map(({ slot }) => slot)
  const checks = await checksOf(postgres, slots)
  member.reload(inSlots(slots), checks)
  for (const { slot, fence } of taken) own.owned.set(slot, BigInt(fence))
}

const inSlots = (slots: readonly number[]) => {
  const wanted = new Set(slots)
  return (target: ResourceRef) => wanted.has(slotOf(target))
}

const checksOf = async ({ query }: Postgres, slots: readonly number[]) =>
  (await query<CheckRow>('SELECT * FROM check_state WHERE slot = ANY($1)', [slots])).map(toStoredCheck)

/** Gives everything back: the others need not wait for the lease to run out. */
export async function leave({ query }: Postgres, own: Membership): Promise<void> {
  own.owned.clear()
  await query('UPDATE lease SET owner = NULL WHERE owner = $1', [own.id])
  await query('DELETE FROM engine WHERE id = $1', [own.id])
  await query('DELETE FROM written WHERE engine = $1', [own.id])
  await notify(query)
}
