/** id → last known display name, kept when the thing itself is gone. */
import type { CloudEvent } from '../../model/event.ts'
import type { Database } from './database.ts'

export type NamedKind = 'project' | 'user'

export interface NameWriter {
  fromEvent(event: CloudEvent): void
  put(kind: NamedKind, id: string, name: string, time: number): void
  forget(): void
}

/** Written inside the caller's transaction. Remembers what it wrote: names repeat in every message. */
export function nameWriter(db: Database): NameWriter {
  const known = new Map<string, string>()

  function put(kind: NamedKind, id: string, name: string, time: number): void {
    const key = `${kind} ${id}`
    if (known.get(key) === name) return
    db.run(
      `INSERT INTO named (kind, id, name, time) VALUES (?, ?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, time = excluded.time WHERE excluded.time >= named.time`,
      kind,
      id,
      name,
      time,
    )
    if (known.size > 100_000) known.clear()
    known.set(key, name)
  }

  return {
    put,
    fromEvent(event) {
      if (!event.names) return
      const { project, user, actor } = event.names
      if (project && event.project) put('project', event.project, project, event.time)
      if (user && event.user) put('user', event.user, user, event.time)
      if (actor && event.actor) put('user', event.actor, actor, event.time)
    },
    forget: () => known.clear(),
  }
}
