import type { Action } from '../model/contract.ts'
import { eventIcon } from './event-row.ts'
import { hasText } from './i18n.ts'
import { namesOf } from './names.ts'
import type { Visit } from './visit.ts'

const shapes = { ok: 'ok', failed: 'critical', running: 'pending', unknown: 'unknown' } as const

/** `instance.resize` as something that was done, where we have the words; else the type as the service calls it. */
export function verbWords({ t, language }: Pick<Visit, 't' | 'language'>, verb: string): string {
  for (const key of [`action.${verb}`, `event.${verb}`]) if (hasText(language, key)) return t(key)
  return verb
}

/** Actions as rows: names for ids, results in words, links. Machines and addresses only for those who may see them. */
export async function actionRows(visit: Visit, actions: readonly Action[]) {
  const hosts = visit.can('see', 'hosts')
  const [instance, project] = await Promise.all([
    namesOf(
      visit,
      'instance',
      actions.map(({ resource }) => (resource.kind === 'instance' && resource.name === null ? resource.id : null)),
    ),
    namesOf(
      visit,
      'project',
      actions.flatMap((action) => [action.project, action.actorProject]),
    ),
  ])
  return actions.map((action) => {
    const { resource, actor, result } = action
    return {
      seq: action.seq,
      time: action.time,
      until: action.until,
      day: visit.show.day(action.time),
      service: action.service,
      verb: action.verb,
      words: verbWords(visit, action.verb),
      icon: action.service === 'specola' ? 'account' : eventIcon(action.verb),
      result,
      shape: shapes[result],
      resultWord: visit.t(`result.${result}`),
      failed: result === 'failed',
      quiet: result === 'ok',
      reason: action.reason,
      kind: resource.kind,
      resourceId: resource.id === '' ? null : resource.id,
      // who signs in does it to nobody else
      name:
        resource.id === actor?.id
          ? null
          : (resource.name ?? (resource.kind === 'instance' ? instance(resource.id) : resource.id || null)),
      resourceHref: hrefOf(visit, action),
      projectId: action.project,
      projectName: project(action.project),
      // some services do not say who asked; others act by themselves
      nobody: visit.t(action.request === null ? 'timeline.untold' : 'timeline.nobody'),
      actorId: actor?.id ?? null,
      actorName: actor ? (actor.name ?? actor.id) : null,
      actorHref:
        actor && action.service !== 'specola' && visit.can('see', 'users') ? `/users/${encodeURIComponent(actor.id)}` : null,
      actorProject: project(action.actorProject),
      lasted: action.until - action.time >= 1000 ? visit.show.duration(action.until - action.time) : null,
      request: action.request,
      part: action.part,
      host: hosts ? action.host : null,
      address: hosts ? action.address : null,
      href: `/timeline/${action.seq}`,
    }
  })
}

function hrefOf(visit: Visit, { resource, service }: Action): string | null {
  const id = encodeURIComponent(resource.id)
  if (resource.id === '') return null
  if (resource.kind === 'instance') return `/instances/${id}`
  if (resource.kind === 'project') return `/projects/${id}`
  if (resource.kind === 'user' && visit.can('see', 'users')) return `/users/${id}`
  if (resource.kind === 'check' && service === 'specola') return `/checks/${id}`
  return null
}
