/** The kinds of resources that have a tab, and what a list of them shows. */
import type { Resource } from '../model/contract.ts'
import { hasText } from './i18n.ts'
import { namesOf } from './names.ts'
import type { Visit } from './visit.ts'

export interface ShownKind {
  kind: string
  size?: true
  type?: true
  address?: true
  /** What it is attached to, serves or lies in. */
  place?: true
  flavor?: true
  status?: true
}

export const shownKinds: readonly ShownKind[] = [
  { kind: 'volume', status: true, size: true, type: true, place: true },
  { kind: 'snapshot', status: true, size: true, place: true },
  { kind: 'backup', status: true, size: true, place: true },
  { kind: 'image', status: true, size: true },
  { kind: 'floatingip', status: true, place: true },
  { kind: 'network', status: true },
  { kind: 'subnet', address: true, place: true },
  { kind: 'router', status: true, address: true, place: true },
  { kind: 'port', status: true, address: true, place: true },
  { kind: 'security_group' },
  { kind: 'flavor', flavor: true },
]

/** Words of the services → one of our shapes; what merely exists is nobody's problem. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/error|fail|killed/, 'critical'],
  [/^(available|in-use|active|enabled|up)$/, 'ok'],
  [/ing$|^(queued|reserved|build)$/, 'pending'],
]

export interface ResourceRow extends Resource {
  href: string
  title: string
  shape: string
  word: string
  projectName: string | null
  projectHref: string | null
  typeName: string | null
  /** MiB, for sizes of any order. */
  sizeMib: number | null
  places: readonly { title: string; href: string | null }[]
}

/** A floating IP has the state of serving something; everything else has its service's own word. */
export function statusOf(
  visit: Pick<Visit, 't' | 'language'>,
  { kind, about, deletedAt }: Resource,
): { shape: string; word: string } {
  if (deletedAt !== null) return { shape: 'stopped', word: visit.t('resource.status.deleted') }
  if (kind === 'floatingip')
    return about.parent
      ? { shape: 'ok', word: visit.t('resource.status.serving') }
      : { shape: 'stopped', word: visit.t('resource.status.free') }
  const status = about.status?.toLowerCase() ?? null
  if (status === null) return { shape: 'pending', word: visit.t('resource.status.unknown') }
  const key = `resource.status.${status}`
  const word = hasText(visit.language, key) ? visit.t(key) : (about.status as string)
  return { shape: shapes.find(([pattern]) => pattern.test(status))?.[1] ?? 'stopped', word }
}

/** Resources as rows: names for ids, links where there is a page. */
export async function resourceRows(visit: Visit, found: readonly Resource[]): Promise<ResourceRow[]> {
  const parents = [...new Set(found.flatMap(({ about }) => about.parent?.kind ?? []))]
  const [project, instance, type, ...parentNames] = await Promise.all([
    namesOf(
      visit,
      'project',
      found.map((each) => each.project),
    ),
    namesOf(
      visit,
      'instance',
      found.flatMap(({ about }) => about.instances ?? []),
    ),
    namesOf(
      visit,
      'volume_type',
      found.map(({ about }) => about.volumeType),
    ),
    ...parents.map((kind) =>
      namesOf(
        visit,
        kind,
        found.map(({ about }) => (about.parent?.kind === kind ? about.parent.id : null)),
      ),
    ),
  ])
  const places = ({ kind, about, deletedAt }: Resource) => {
    if (deletedAt !== null) return []
    const instances = (about.instances ?? []).map((id) => ({ title: instance(id) as string, href: instanceHref(id) }))
    if (instances.length > 0 || !about.parent || kind === 'volume' || kind === 'image') return instances
    const name = parentNames[parents.indexOf(about.parent.kind)]?.(about.parent.id) ?? about.parent.id
    return [{ title: name, href: resourceHref(about.parent) }]
  }
  return found.map((resource) => ({
    ...resource,
    ...statusOf(visit, resource),
    href: resourceHref(resource) as string,
    title: resource.name ?? resource.id,
    projectName: project(resource.project),
    projectHref: resource.project ? `/projects/${encodeURIComponent(resource.project)}` : null,
    sizeMib: typeof resource.about.sizeGib === 'number' ? resource.about.sizeGib * 1024 : null,
    typeName: type(resource.about.volumeType),
    places: places(resource),
  }))
}

const instanceHref = (id: string) => `/instances/${encodeURIComponent(id)}`
export const resourceHref = ({ kind, id }: { kind: string; id: string }) =>
  kind === 'instance' ? instanceHref(id) : `/resources/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`
