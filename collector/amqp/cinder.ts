/** Cinder's notifications. Payloads: cinder/volume/volume_utils.py (`_usage_from_volume`, `_usage_from_snapshot` …). */
import type { Json, ResourceFacts, ResourceRef } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { reference, type ServiceDecoder, scalars, toldBy } from './told.ts'
import { numberOf, textOf } from './values.ts'

const family =
  /^(volume|snapshot|backup|group|group_snapshot|consistencygroup|cgsnapshot|volume_type|volume_type_extra_specs|volume_type_project|volume_type_encryption|group_type|group_type_project|group_type_specs|volumetype|qos_specs|QoSSpecs?|image_volume_cache|capacity|scheduler)\./

/** Kinds of which another service has a like-named one of its own. */
const kinds: Readonly<Record<string, string>> = {
  group: 'volume_group',
  volumetype: 'volume_type',
  QoSSpec: 'qos_specs',
  QoSSpecs: 'qos_specs',
  volume_type_extra_specs: 'volume_type',
  volume_type_project: 'volume_type',
  volume_type_encryption: 'volume_type',
  group_type_specs: 'group_type',
  group_type_project: 'group_type',
  image_volume_cache: 'image',
  capacity: 'storage_pool',
  scheduler: 'volume',
}

export const decodeCinder: ServiceDecoder = (eventType, payload, context) => {
  const prefix = family.exec(eventType)?.[1]
  if (!prefix) return null
  const data = isFields(payload) ? payload : {}
  const kind = kinds[prefix] ?? prefix
  const object = objectOf(data, prefix)
  const about = aboutOf(kind, object)
  return toldBy('cinder', eventType, context, {
    resource: idOf(kind, prefix, data, object),
    project: textOf(object.tenant_id) ?? textOf(object.project_id) ?? context.project,
    user: textOf(object.user_id),
    host: textOf(data.host),
    ...(about && { about }),
    facts: factsOf(data),
  })
}

/** Types come wrapped: `{volume_types: {…}}`; everything else is flat. */
function objectOf(data: Fields, prefix: string): Fields {
  for (const key of [`${prefix}s`, prefix, 'volume_types', 'group_types', 'qos_specs']) {
    const wrapped = data[key]
    if (isFields(wrapped)) return wrapped
  }
  return data
}

function idOf(kind: string, prefix: string, data: Fields, object: Fields): ResourceRef | null {
  const request = isFields(data.request_spec) ? data.request_spec : {}
  return reference(
    kind,
    textOf(object[`${prefix}_id`]) ??
      textOf(object[`${kind}_id`]) ??
      textOf(object.id) ??
      textOf(data.type_id) ??
      textOf(data.name_to_id) ??
      textOf(data.volume_id) ??
      textOf(request.volume_id) ??
      textOf(data.qos_specs_id) ??
      textOf(data.name),
  )
}

/** Only for what has a life of its own; counters and requests tell nothing of a resource. */
function aboutOf(kind: string, data: Fields): ResourceFacts | null {
  switch (kind) {
    case 'volume':
      if (textOf(data.volume_id) === null || numberOf(data.size) === null) return null
      return {
        ...commonOf(data, numberOf(data.size)),
        volumeType: textOf(data.volume_type),
        ...attachedTo(data),
        parent: reference('snapshot', data.snapshot_id) ?? reference('image', imageOf(data.glance_metadata)),
      }
    case 'snapshot':
      return { ...commonOf(data, numberOf(data.volume_size)), parent: reference('volume', data.volume_id) }
    case 'backup':
      return { ...commonOf(data, numberOf(data.size)), parent: reference('volume', data.volume_id) }
    case 'volume_type':
    case 'qos_specs':
    case 'group_type':
      return textOf(data.name) === null
        ? null
        : { name: textOf(data.name), ...(typeof data.is_public === 'boolean' && { shared: data.is_public }) }
    case 'volume_group':
    case 'group_snapshot':
    case 'consistencygroup':
    case 'cgsnapshot':
      return commonOf(data, null)
    default:
      return null
  }
}

function commonOf(data: Fields, sizeGib: number | null): ResourceFacts {
  // `deleted` is '' or the text of a boolean
  const gone = /^(true|1)$/i.test(String(data.deleted ?? ''))
  return {
    name: textOf(data.display_name) ?? textOf(data.name),
    status: gone ? 'deleted' : textOf(data.status),
    ...(sizeGib !== null && { sizeGib }),
    owner: textOf(data.tenant_id) ?? textOf(data.project_id),
    createdAt: parseTimestamp(data.created_at),
  }
}

/**
 * The instances that have it: those attached, not those that a request is being made for. Older releases say `server_id`, or
 * one `instance_uuid` beside the rest.
 */
function attachedTo(data: Fields): Pick<ResourceFacts, 'instances'> {
  if (Array.isArray(data.volume_attachment)) {
    const ids = data.volume_attachment.filter(isFields).flatMap((attachment) => {
      const status = textOf(attachment.attach_status)
      const holds =
        (status === null || status === 'attached' || status === 'detaching') && textOf(attachment.detach_time) === null
      return holds ? (textOf(attachment.instance_uuid) ?? textOf(attachment.server_id) ?? []) : []
    })
    return { instances: [...new Set(ids)].sort() }
  }
  if (!('instance_uuid' in data)) return {}
  const instance = textOf(data.instance_uuid)
  return { instances: instance === null ? [] : [instance] }
}

function imageOf(metadata: unknown): unknown {
  if (!Array.isArray(metadata)) return null
  return metadata.filter(isFields).find(({ key }) => key === 'image_id')?.value
}

function factsOf(data: Fields): Record<string, Json> {
  const facts = scalars(data)
  // what came with the request, where the scheduler failed
  if (isFields(data.request_spec))
    for (const [key, value] of Object.entries(scalars(data.request_spec))) facts[`request.${key}`] = value
  return facts
}
