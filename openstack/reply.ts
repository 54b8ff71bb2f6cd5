/** What the parsers of API replies share: careful reading of JSON that came from outside, and the event of one reading. */
import { type CloudEvent, nativeEvent, type ResourceFacts, type Service } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'

/** A non-empty text, or null. */
export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A finite number, or null. */
export const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

/** The entries of a list in a reply's body; anything else gives none. */
export function entries(body: unknown, list: string): Fields[] {
  if (!isFields(body)) return []
  const found = body[list]
  return Array.isArray(found) ? found.filter(isFields) : []
}

/** What an entry says, without what it does not say. */
export interface Observation {
  kind: string
  service: Service
  project: string | null
  user?: string | null
  host?: string | null
  about: ResourceFacts
  facts?: CloudEvent['facts']
  names?: CloudEvent['names']
}

/**
 * `<kind>.observed`: what the API said of one resource at `readAt` (epoch ms, when it answered). The same reading of the same
 * resource always has the same id. Null for an entry without id.
 */
export function observed(entry: Fields, readAt: number, { kind, ...told }: Observation): CloudEvent | null {
  const id = text(entry.id) ?? (typeof entry.id === 'number' ? String(entry.id) : null)
  if (id === null) return null
  const { service, project, user = null, host = null, about, facts, names } = told
  return nativeEvent({
    id: `api:${kind}:${id}:${readAt}`,
    type: `${kind}.observed`,
    time: readAt,
    service,
    publisher: 'openstack api',
    resource: { kind, id },
    project,
    user,
    host,
    about,
    ...(facts && { facts }),
    ...(names && { names }),
  })
}
