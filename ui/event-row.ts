import type { EventRow } from '../model/contract.ts'
import type { InstanceFacts } from '../model/event.ts'
import { hasText } from './i18n.ts'
import { namesOf } from './names.ts'
import type { Visit } from './visit.ts'

const icons: readonly (readonly [RegExp, string])[] = [
  [/migrat|evacuat/, 'move'],
  [/resize|rebuild|update|rename|modify/, 'edit'],
  [/create|import|upload|launch/, 'create'],
  [/delete|terminat|destroy|undefine/, 'remove'],
  [/reboot|restart|reset/, 'restart'],
  [/power|start|stop|shut|pause|suspend|resume|shelve|crash/, 'power'],
  [/attach|detach|associate/, 'attach'],
]

export const eventIcon = (type: string) => icons.find(([pattern]) => pattern.test(type))?.[1] ?? 'dot'

/** Whether an event is worth a mark on a chart: what was done, not that it began, and no bookkeeping. */
export function isMark({ type, phase }: Pick<EventRow, 'type' | 'phase'>): boolean {
  if (phase === 'error') return true
  return (
    phase !== 'start' &&
    !/^(scheduler|compute_task)\./.test(type) &&
    !/\.(update|exists|usage)$/.test(type) &&
    !type.endsWith('.sync_power_state')
  )
}

/** `instance.live_migration` in words where we have them; else the type as the service calls it. */
export function eventWords({ t, language }: Pick<Visit, 't' | 'language'>, type: string): string {
  if (hasText(language, `event.${type}`)) return t(`event.${type}`)
  const reading = /^(.+)\.(observed|absent)$/.exec(type)
  return reading ? t(`event.any.${reading[2]}`) : type
}

/** Events as rows: names for ids, what changed in short, links. */
export async function eventRows(visit: Visit, events: readonly EventRow[]) {
  const hosts = visit.can('see', 'hosts')
  const [instance, project, user] = await Promise.all([
    namesOf(
      visit,
      'instance',
      events.map(({ resource }) => (resource?.kind === 'instance' ? resource.id : null)),
    ),
    namesOf(
      visit,
      'project',
      events.map((event) => event.project),
    ),
    namesOf(
      visit,
      'user',
      events.flatMap((event) => [event.actor, event.user]),
    ),
  ])
  return events.map((event) => {
    const isInstance = event.resource?.kind === 'instance' || event.resource?.kind === 'domain'
    return {
      kind: 'event',
      seq: event.seq,
      time: event.time,
      day: visit.show.day(event.time),
      type: event.type,
      words: eventWords(visit, event.type),
      phase: event.phase,
      phaseWord: event.phase === null || event.phase === 'end' ? null : visit.t(`phase.${event.phase}`),
      failed: event.phase === 'error' || event.priority.toLowerCase() === 'error',
      icon: eventIcon(event.type),
      name:
        event.instance?.name ?? event.about?.name ?? (isInstance ? instance(event.resource?.id) : (event.resource?.id ?? null)),
      href: isInstance && event.resource ? `/instances/${encodeURIComponent(event.resource.id)}` : resourceHref(event),
      change: event.instance ? changeOf(event.instance) : null,
      fault: event.instance?.fault?.message ?? null,
      projectName: event.names?.project ?? project(event.project),
      actorName: event.names?.actor ?? user(event.actor),
      host: hosts ? event.host : null,
      request: event.request,
      payload: visit.can('see', 'payload') ? `/events/${event.seq}` : null,
    }
  })
}

/** What states facts of a resource has an entry in the inventory. */
const resourceHref = ({ about, resource }: EventRow) =>
  about && resource ? `/resources/${encodeURIComponent(resource.kind)}/${encodeURIComponent(resource.id)}` : null

/** What is different after the event: `m1.large → m1.xlarge`. */
export function changeOf(facts: InstanceFacts): string | null {
  const pairs: [string | null | undefined, string | null | undefined][] = [
    [facts.oldName, facts.oldName === undefined ? undefined : facts.name],
    [facts.newFlavor ? facts.flavor?.name : undefined, facts.newFlavor?.name],
    [facts.oldState, facts.oldState === undefined ? undefined : facts.state],
    [facts.oldTaskState, facts.newTaskState],
  ]
  const changes = pairs.filter(([from, to]) => to !== undefined && from !== to && (from || to))
  return changes.length === 0 ? null : changes.map(([from, to]) => `${from ?? '—'} → ${to ?? '—'}`).join(', ')
}
