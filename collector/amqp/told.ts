/** What a service's decoder adds to the common envelope, and the pieces that all decoders share. */
import type { CloudEvent, Json, ResourceRef, Service } from '../../model/event.ts'
import type { Fields } from '../../model/fields.ts'
import type { Context } from './context.ts'
import { splitPhase } from './nova-names.ts'
import { textOf } from './values.ts'

export type Told = Partial<Omit<CloudEvent, 'id' | 'format' | 'time' | 'priority' | 'publisher'>> &
  Pick<CloudEvent, 'type' | 'phase'> & {
    /** What else the message is about: the other objects that one request created. */
    more?: readonly Partial<CloudEvent>[]
  }

/** Null: this service documents no such type. */
export type ServiceDecoder = (eventType: string, payload: unknown, context: Context) => Told | null

/** The common fields, overridden by what the service says itself. */
export function toldBy(service: Service, eventType: string, context: Context, more: Partial<Told>): Told {
  const { stem, phase } = splitPhase(eventType)
  return {
    type: stem,
    phase,
    service,
    resource: null,
    project: context.project,
    user: null,
    actor: context.user,
    actorProject: context.project,
    host: null,
    request: context.request,
    ...more,
  }
}

/** The scalar entries of a payload, as they are. */
export function scalars(data: Fields): Record<string, Json> {
  const facts: Record<string, Json> = {}
  for (const [key, value] of Object.entries(data)) if (isScalar(value)) facts[key] = value
  return facts
}

export const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** A reference to a thing with an id, or null where there is no id. */
export function reference(kind: string, id: unknown): ResourceRef | null {
  const known = textOf(id)
  return known ? { kind, id: known } : null
}
