/** Replies of Cinder's `GET /snapshots/detail` and `GET /backups/detail` → readings of copies of volumes. */
import type { CloudEvent, ResourceRef } from '../model/event.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, number, observed, text } from './reply.ts'

/** One `snapshot.observed` per volume snapshot; its size is the GiB of the volume when it was taken. */
export function snapshotsObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'snapshots').flatMap(
    (snapshot) =>
      observed(snapshot, readAt, {
        kind: 'snapshot',
        service: 'cinder',
        project: text(snapshot['os-extended-snapshot-attributes:project_id']),
        user: text(snapshot.user_id),
        about: {
          name: text(snapshot.name),
          status: text(snapshot.status),
          sizeGib: number(snapshot.size),
          parent: volume(snapshot.volume_id),
          createdAt: parseTimestamp(snapshot.created_at),
          updatedAt: parseTimestamp(snapshot.updated_at),
        },
      }) ?? [],
  )
}

/** One `backup.observed` per volume backup, GiB. Project and user are told from microversions 3.18 and 3.56 on. */
export function backupsObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'backups').flatMap(
    (backup) =>
      observed(backup, readAt, {
        kind: 'backup',
        service: 'cinder',
        project: text(backup['os-backup-project-attr:project_id']),
        user: text(backup.user_id),
        about: {
          name: text(backup.name),
          status: text(backup.status),
          sizeGib: number(backup.size),
          parent: volume(backup.volume_id),
          createdAt: parseTimestamp(backup.created_at),
          updatedAt: parseTimestamp(backup.updated_at),
        },
      }) ?? [],
  )
}

const volume = (id: unknown): ResourceRef | null => {
  const known = text(id)
  return known ? { kind: 'volume', id: known } : null
}
