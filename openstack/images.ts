/** Replies of Glance's `GET /v2/images` → readings of images. */
import type { CloudEvent } from '../model/event.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, number, observed, text } from './reply.ts'

const gib = 1024 ** 3

/**
 * One `image.observed` per image. Size is GiB stored (a fraction), null until it is uploaded. An image has an owner project
 * and no user: what its properties say of a user is whatever its owner wrote there.
 */
export function imagesObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'images').flatMap((image) => {
    const size = number(image.size)
    const instance = text(image.instance_uuid)
    return (
      observed(image, readAt, {
        kind: 'image',
        service: 'glance',
        project: text(image.owner),
        about: {
          name: text(image.name),
          status: text(image.status),
          sizeGib: size === null ? null : size / gib,
          owner: text(image.owner),
          shared: image.visibility === 'public' || image.visibility === 'community',
          parent: instance ? { kind: 'instance', id: instance } : null,
          createdAt: parseTimestamp(image.created_at),
          updatedAt: parseTimestamp(image.updated_at),
          deletedAt: parseTimestamp(image.deleted_at),
        },
      }) ?? []
    )
  })
}
