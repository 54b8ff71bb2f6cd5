/** Whether an engine may write what it decided: it must still own the checks, by the leases that it held when it decided. */
import { slotOf } from '../../model/slot.ts'
import { targetKey } from '../../model/strays.ts'
import type { AlertBatch } from '../../model/tracked-check.ts'
import { targetsIn } from './batch-rows.ts'
import type { Query } from './connect.ts'
import type { Stray } from './membership.ts'

/** What an engine owned at a moment. */
export interface Fences {
  slots: ReadonlyMap<number, bigint>
  strays: ReadonlyMap<string, Stray>
}

/** Which checks of the batch this engine may write. They stay its own until the end of the transaction. */
export async function fenced(
  query: Query,
  engine: string,
  batch: AlertBatch,
  fences: Fences,
): Promise<{ may: (check: string) => boolean; refused: string[]; lost: { slots: number[]; strays: string[] } }> {
  const { known, unknown } = targetsIn(batch)
  if (unknown.length > 0) {
    const found = await query<{ id: string; kind: string; target: string }>(
      'SELECT id, target_kind AS kind, target_id AS target FROM check_state WHERE id = ANY($1)',
      [unknown],
    )
    for (const { id, kind, target } of found) known.set(id, { kind, id: target })
  }
  const targets = new Map([...known.values()].map((target) => [targetKey(target), slotOf(target)]))
  const slots = [...new Set(targets.values())]
  // slots first: whoever lends a target of one waits here until this is written, and what is lent since is seen below
  const owned = new Set(await ownedSlots(query, engine, slots, fences.slots))
  const strays = await lentTo(query, [...targets.keys()])
  const mayWrite = (key: string, slot: number) => {
    const stray = strays.get(key)
    return stray ? stray.engine === engine && stray.fence === fences.strays.get(key)?.fence : owned.has(slot)
  }
  const lent = new Map([...targets].map(([key, slot]) => [key, mayWrite(key, slot)]))
  const refused = [...known].filter(([, target]) => !lent.get(targetKey(target))).map(([id]) => id)
  const not = new Set(refused)
  const decidedAsStray = [...lent].filter(([key, may]) => !may && fences.strays.get(key)?.engine === engine)
  return {
    may: (check) => !not.has(check),
    refused,
    lost: { slots: slots.filter((slot) => !owned.has(slot)), strays: decidedAsStray.map(([key]) => key) },
  }
}

async function ownedSlots(query: Query, engine: string, slots: readonly number[], fences: Fences['slots']): Promise<number[]> {
  if (slots.length === 0) return []
  const rows = await query<{ slot: number; fence: number }>(
    'SELECT slot, fence FROM lease WHERE owner = $1 AND slot = ANY($2) ORDER BY slot FOR SHARE',
    [engine, slots],
  )
  return rows.filter(({ slot, fence }) => fences.get(slot) === BigInt(fence)).map(({ slot }) => slot)
}

async function lentTo(query: Query, targets: readonly string[]): Promise<Map<string, Pick<Stray, 'engine' | 'fence'>>> {
  if (targets.length === 0) return new Map()
  const rows = await query<{ target: string; engine: string; fence: number }>(
    'SELECT target, engine::text, fence FROM stray WHERE target = ANY($1) ORDER BY target FOR SHARE',
    [targets],
  )
  return new Map(rows.map(({ target, engine, fence }) => [target, { engine, fence: BigInt(fence) }]))
}
