/** Replies of Cinder's `GET /volumes/detail` and `GET /types` → readings of volumes and their types. */
import type { CloudEvent, ResourceRef } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, number, observed, text } from './reply.ts'

/** One `volume.observed` per volume. Sizes are GiB; the type is its id where the microversion tells it (≥ 3.63), else its name. */
export function volumesObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'volumes').flatMap(
    (volume) =>
      observed(volume, readAt, {
        kind: 'volume',
        service: 'cinder',
        project: text(volume['os-vol-tenant-attr:tenant_id']),
        user: text(volume.user_id),
        host: text(volume['os-vol-host-attr:host']),
        about: {
          name: text(volume.name),
          status: text(volume.status),
          sizeGib: number(volume.size),
          volumeType: text(volume.volume_type_id) ?? text(volume.volume_type),
          instances: attachedTo(volume.attachments),
          parent: originOf(volume),
          createdAt: parseTimestamp(volume.created_at),
          updatedAt: parseTimestamp(volume.updated_at),
        },
      }) ?? [],
  )
}

/** One `volume_type.observed` per volume type. */
export function volumeTypesObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'volume_types').flatMap(
    (type) =>
      observed(type, readAt, {
        kind: 'volume_type',
        service: 'cinder',
        project: null,
        about: { name: text(type.name), shared: type.is_public === true || type['os-volume-type-access:is_public'] === true },
      }) ?? [],
  )
}

/** A volume that is attached to several instances names each once; one that a host has mounted by itself names none. */
function attachedTo(attachments: unknown): string[] {
  if (!Array.isArray(attachments)) return []
  return [
    ...new Set(attachments.flatMap((attachment) => (isFields(attachment) ? (text(attachment.server_id) ?? []) : []))),
  ].sort()
}

function originOf(volume: Fields): ResourceRef | null {
  const image = isFields(volume.volume_image_metadata) ? text(volume.volume_image_metadata.image_id) : null
  const snapshot = text(volume.snapshot_id)
  const source = text(volume.source_volid)
  if (snapshot) return { kind: 'snapshot', id: snapshot }
  if (source) return { kind: 'volume', id: source }
  return image ? { kind: 'image', id: image } : null
}
