/** An event as its row holds it: the columns that queries ask for, and a body with what they do not say. */
import type { CloudEvent, Phase, Service } from '../../model/event.ts'

/** What `toEvent` needs of a row; `e` where the table has another name in the query. */
export const eventColumns = (table = 'event') => columns.map((column) => `${table}.${column}`).join(', ')

const columns = [
  ...['message_id', 'type', 'phase', 'format', 'service', 'time', 'resource_kind', 'resource_id'],
  ...['project', 'user', 'actor', 'host', 'request', 'body'],
]

export interface StoredEvent {
  message_id: string
  type: string
  phase: Phase
  format: CloudEvent['format']
  service: Service
  time: number
  resource_kind: string | null
  resource_id: string | null
  project: string | null
  user: string | null
  actor: string | null
  host: string | null
  request: string | null
  body: string
}

type InColumns =
  | 'id'
  | 'type'
  | 'phase'
  | 'format'
  | 'service'
  | 'time'
  | 'resource'
  | 'project'
  | 'user'
  | 'actor'
  | 'host'
  | 'request'

/** What most events say alike, and is therefore not written. */
const usualPriority = 'INFO'

/** JSON of what the columns do not say: the row is half as long, and with it what a commit has to write. */
export function bodyOf(event: CloudEvent): string {
  const { priority, publisher, actorProject, names, globalRequest, address, instance, about, facts } = event
  return JSON.stringify({
    priority: priority === usualPriority ? undefined : priority,
    publisher,
    actorProject: actorProject === event.project ? undefined : actorProject,
    ...{ globalRequest, address, instance, about, facts, names },
  } satisfies Record<Exclude<keyof CloudEvent, InColumns>, unknown>)
}

/** The event again. Rows of before hold a whole event in their body: it says the same as the columns. */
export function toEvent(row: StoredEvent): CloudEvent {
  const { message_id: id, type, phase, format, service, time, resource_kind: kind, resource_id, project } = row
  const { user, actor, host, request } = row
  return {
    ...{ id, type, phase, format, service, time, priority: usualPriority, publisher: '' },
    resource: kind === null || resource_id === null ? null : { kind, id: resource_id },
    ...{ project, user, actor, actorProject: project, host, request },
    ...(JSON.parse(row.body) as Partial<CloudEvent>),
  }
}
