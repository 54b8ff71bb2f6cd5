/** Glance's notifications: no phases, no context, and no user. Payloads: glance/notifier.py. */
import type { ResourceFacts, ResourceRef } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { reference, type ServiceDecoder, scalars, toldBy } from './told.ts'
import { numberOf, textOf } from './values.ts'

const gib = 1024 ** 3

export const decodeGlance: ServiceDecoder = (eventType, payload, context) => {
  const family = /^(image|task|metadef_\w+)\./.exec(eventType)?.[1]
  if (!family) return null
  // errors carry a text and nothing else
  const data = isFields(payload) ? payload : typeof payload === 'string' ? { message: payload } : {}
  const about = family === 'image' && !eventType.startsWith('image.member.') ? imageFacts(data) : null
  return toldBy('glance', eventType, context, {
    resource: resourceOf(family, data),
    project: textOf(data.owner) ?? textOf(data.owner_id) ?? context.project,
    actor: textOf(data.receiver_user_id) ?? context.user,
    actorProject: textOf(data.receiver_tenant_id) ?? context.project,
    ...(about && { about }),
    facts: scalars(data),
  })
}

function resourceOf(family: string, data: Fields): ResourceRef | null {
  if (family === 'image') return reference('image', textOf(data.image_id) ?? data.id)
  if (family === 'task') return reference('task', textOf(data.task_id) ?? data.id)
  return reference(family, textOf(data.id) ?? textOf(data.name) ?? textOf(data.namespace))
}

/** Size is null until the image is uploaded. `is_public` is what older releases say instead of a visibility. */
function imageFacts(data: Fields): ResourceFacts | null {
  if (textOf(data.id) === null || !('status' in data)) return null
  const size = numberOf(data.size)
  const properties = isFields(data.properties) ? data.properties : {}
  const instance = reference('instance', properties.instance_uuid)
  const visibility = textOf(data.visibility)
  return {
    name: textOf(data.name),
    status: textOf(data.status),
    sizeGib: size === null ? null : size / gib,
    owner: textOf(data.owner),
    shared: visibility === null ? data.is_public === true : visibility === 'public' || visibility === 'community',
    ...(instance && { parent: instance }),
    createdAt: parseTimestamp(data.created_at),
    updatedAt: parseTimestamp(data.updated_at),
    deletedAt: parseTimestamp(data.deleted_at),
  }
}
