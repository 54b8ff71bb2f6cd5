import type { State } from '../../model/check.ts'
import type { Database } from './database.ts'
import type { Condition } from './scope.ts'

const rank: Record<State, number> = { ok: 0, warning: 1, nodata: 2, unknown: 3, critical: 4 }
const byRank: readonly State[] = ['ok', 'warning', 'nodata', 'unknown', 'critical']
const mostBuckets = 10_000

export interface HardChange {
  check_id: string
  time: number
  state: State
}

/**
 * The worst hard state of any check in each bucket, oldest first; null where nothing was checked yet. Read from the history:
 * what was wrong at the start, then every hard change.
 */
export function worstStates(
  db: Database,
  scope: Condition,
  { from, to, step }: { from: number; to: number; step: number },
): (State | null)[] {
  const first = db.get<{ time: number | null }>(
    `SELECT min(time) AS time FROM (SELECT min(created_at) AS time FROM check_state WHERE ${scope.sql}
       UNION ALL SELECT min(time) FROM transition WHERE ${scope.sql})`,
    ...scope.values,
    ...scope.values,
  )?.time
  const changes = db.all<HardChange>(
    `SELECT check_id, max(seq) AS seq, ? AS time, to_state AS state FROM transition
       WHERE ${scope.sql} AND hard = 1 AND time < ? GROUP BY check_id
     UNION ALL SELECT check_id, seq, time, to_state FROM transition WHERE ${scope.sql} AND hard = 1 AND time >= ? AND time < ?
     ORDER BY 2`,
    from,
    ...scope.values,
    from,
    ...scope.values,
    from,
    to,
  )
  return worstPerBucket(first ?? null, changes, { from, to, step })
}

/** `first`: when anything was known first; `changes`: what each check was at `from`, then every hard change, in order. Pure. */
export function worstPerBucket(
  first: number | null,
  changes: readonly HardChange[],
  { from, to, step }: { from: number; to: number; step: number },
): (State | null)[] {
  const buckets = Math.min(mostBuckets, Math.max(0, Math.ceil((to - from) / step)))
  const current = new Map<string, number>()
  const counts = byRank.map(() => 0)
  const set = (check: string, next: number) => {
    const before = current.get(check) ?? 0
    counts[before] = (counts[before] as number) - 1
    counts[next] = (counts[next] as number) + 1
    if (next === 0) current.delete(check)
    else current.set(check, next)
  }
  const worstNow = () =>
    Math.max(
      0,
      counts.findLastIndex((count) => count > 0),
    )
  const result: (State | null)[] = []
  let at = 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = from + (bucket + 1) * step
    let worst = worstNow()
    for (; at < changes.length && (changes[at] as HardChange).time < end; at++) {
      const { check_id, state } = changes[at] as HardChange
      set(check_id, rank[state])
      worst = Math.max(worst, rank[state])
    }
    result.push(first === null || end <= first ? null : (byRank[worst] as State))
  }
  return result
}
