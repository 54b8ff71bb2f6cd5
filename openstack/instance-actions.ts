/** Replies of Nova's os-instance-actions → who did what to an instance, and how it ended. Works for deleted instances too. */
import { type CloudEvent, nativeEvent } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, text } from './reply.ts'

export interface ActionHead {
  request: string
  startedAt: number
  /** From 2.58 on. */
  updatedAt: number | null
}

/** `GET /servers/{id}/os-instance-actions`: newest first. Entries without request or start are left out. */
export function actionHeads(body: unknown): ActionHead[] {
  return entries(body, 'instanceActions').flatMap((action) => {
    const request = text(action.request_id)
    const startedAt = parseTimestamp(action.start_time)
    return request === null || startedAt === null ? [] : [{ request, startedAt, updatedAt: parseTimestamp(action.updated_at) }]
  })
}

export const actionId = (instance: string, request: string): string => `action:${instance}:${request}`

export interface ActionRead {
  event: CloudEvent
  /** All its steps have ended: what is told will not change any more. */
  finished: boolean
}

/**
 * `GET /servers/{id}/os-instance-actions/{request}` → `instance.action`, at the time it was begun. Tracebacks (admins get them)
 * are left where they are; `details` (2.84) says in a sentence what failed. Null for a reply that is no action.
 */
export function actionOf(instance: string, project: string | null, body: unknown): ActionRead | null {
  const action = isFields(body) && isFields(body.instanceAction) ? body.instanceAction : null
  const request = text(action?.request_id)
  const startedAt = parseTimestamp(action?.start_time)
  if (!action || request === null || startedAt === null) return null
  const steps = entries(action, 'events')
  const ends = steps.map((step) => parseTimestamp(step.finish_time))
  const failed = steps.find((step) => /error/i.test(text(step.result) ?? ''))
  const finished = steps.length > 0 && !ends.includes(null)
  const last = steps.reduce<Fields | null>((newest, step) => (later(step, newest) ? step : newest), null)
  return {
    finished,
    event: nativeEvent({
      id: actionId(instance, request),
      type: 'instance.action',
      time: startedAt,
      service: 'nova',
      publisher: 'openstack api',
      resource: { kind: 'instance', id: instance },
      project,
      actor: text(action.user_id),
      actorProject: text(action.project_id),
      request,
      host: text((failed ?? last)?.host),
      priority: failed ? 'ERROR' : 'INFO',
      facts: {
        action: text(action.action),
        message: text(action.message),
        result: failed ? 'error' : finished ? 'success' : null,
        finished: finished ? Math.max(...ends.map((end) => end ?? 0)) : null,
        host: text((failed ?? last)?.host),
        step: text((failed ?? last)?.event),
        details: text(failed?.details),
      },
    }),
  }
}

const later = (step: Fields, than: Fields | null) =>
  than === null || (parseTimestamp(step.start_time) ?? 0) >= (parseTimestamp(than.start_time) ?? 0)
