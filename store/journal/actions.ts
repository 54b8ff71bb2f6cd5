/** Keeps the timeline equal to the fold of the events: one look and one write per action of a batch. */
import type { CloudEvent } from '../../model/event.ts'
import { type ActionFold, type ActionKey, actionKey, foldOf, merge, outcomeOf } from '../../model/timeline.ts'
import type { Database } from './database.ts'

const longestName = 255

/** Inside the transaction that stored the events; they must be new. */
export function noteActions(db: Database, events: readonly CloudEvent[]): void {
  const actions = new Map<string, { key: ActionKey; fold: ActionFold }>()
  const names = new Map<string, { kind: string; name: string; time: number }>()
  for (const event of events) {
    noteName(names, event)
    const key = actionKey(event)
    if (!key || !Number.isFinite(event.time)) continue
    const id = `${key.root} ${key.id}`
    const known = actions.get(id)
    actions.set(id, { key, fold: known ? merge(known.fold, foldOf(event)) : foldOf(event) })
  }
  for (const { key, fold } of actions.values()) putAction(db, key, fold)
  for (const [id, { kind, name, time }] of names)
    db.run(
      `INSERT INTO subject (id, kind, name, time) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, time = excluded.time WHERE excluded.time >= time AND excluded.name <> name`,
      id,
      kind,
      name,
      time,
    )
}

function putAction(db: Database, { root, kind, id }: ActionKey, told: ActionFold): void {
  const stored = db.get<{ seq: number; fold: string }>(
    'SELECT seq, fold FROM action WHERE root = ? AND resource_id = ?',
    root,
    id,
  )
  const fold = stored ? merge(JSON.parse(stored.fold) as ActionFold, told) : told
  const { verb, result, due } = outcomeOf(fold)
  const reason = result === 'failed' ? (fold.reason?.[1] ?? null) : null
  const columns = [
    fold.part ? 1 : 0,
    fold.first,
    fold.last,
    fold.service?.[1] ?? 'other',
    verb,
    result,
    due,
    reason,
    fold.project?.[1] ?? null,
    fold.actor?.[1] ?? null,
    fold.actorProject?.[1] ?? null,
    fold.host?.[1] ?? null,
    fold.address?.[1] ?? null,
    JSON.stringify(fold),
  ]
  if (stored)
    db.run(
      `UPDATE action SET part = ?, start = ?, stop = ?, service = ?, verb = ?, result = ?, due = ?, reason = ?, project = ?, actor = ?,
         actor_project = ?, host = ?, address = ?, fold = ? WHERE seq = ?`,
      ...columns,
      stored.seq,
    )
  else
    db.run(
      `INSERT INTO action (part, start, stop, service, verb, result, due, reason, project, actor, actor_project, host, address, fold,
         root, resource_kind, resource_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...columns,
      root,
      kind,
      id,
    )
}

/** Names are kept beside the actions, whoever told them: they outlive what they name. */
function noteName(names: Map<string, { kind: string; name: string; time: number }>, event: CloudEvent): void {
  if (!event.resource) return
  const { kind, id } = event.resource
  const told = event.instance?.name ?? event.about?.name ?? event.facts?.display_name ?? event.facts?.name
  if (typeof told !== 'string' || told === '' || told === id) return
  const known = names.get(id)
  if (!known || known.time <= event.time) names.set(id, { kind, name: told.slice(0, longestName), time: event.time })
}
