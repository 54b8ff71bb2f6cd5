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

interface StoredAction {
  seq: number
  start: number
  verb: string
  result: string
  project: string | null
  actor: string | null
  address: string | null
  fold: string
}

function putAction(db: Database, { root, kind, id }: ActionKey, told: ActionFold): void {
  const stored = db.get<StoredAction>(
    'SELECT seq, start, verb, result, project, actor, address, fold FROM action WHERE root = ? AND resource_id = ?',
    root,
    id,
  )
  const fold = stored ? merge(JSON.parse(stored.fold) as ActionFold, told) : told
  const text = JSON.stringify(fold)
  if (stored?.fold === text) return
  const { verb, result, due } = outcomeOf(fold)
  const indexed = {
    start: fold.first,
    verb,
    result,
    project: fold.project?.[1] ?? null,
    actor: fold.actor?.[1] ?? null,
    address: fold.address?.[1] ?? null,
  }
  const reason = result === 'failed' ? (fold.reason?.[1] ?? null) : null
  const service = fold.service?.[1] ?? 'other'
  const rest = [fold.part ? 1 : 0, fold.last, service, due, reason, fold.actorProject?.[1] ?? null, fold.host?.[1] ?? null, text]
  const { start, project, actor, address } = indexed
  if (!stored) {
    db.run(
      `INSERT INTO action (part, stop, service, due, reason, actor_project, host, fold, start, verb, result, project, actor, address,
         root, resource_kind, resource_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[...rest, start, verb, result, project, actor, address],
      ...[root, kind, id],
    )
    return
  }
  db.run(
    'UPDATE action SET part = ?, stop = ?, service = ?, due = ?, reason = ?, actor_project = ?, host = ?, fold = ? WHERE seq = ?',
    ...rest,
    stored.seq,
  )
  // six indexes hang on these: written only when one of them changed
  if (Object.entries(indexed).some(([column, value]) => stored[column as keyof typeof indexed] !== value))
    db.run(
      'UPDATE action SET start = ?, verb = ?, result = ?, project = ?, actor = ?, address = ? WHERE seq = ?',
      ...[start, verb, result, project, actor, address, stored.seq],
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
