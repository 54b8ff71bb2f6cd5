import type { InstanceQuery } from '../../model/contract.ts'
import type { Instance } from '../../model/resource.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { listPage } from '../list-page.ts'
import { hostChoices, namesOf, projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { cpuSparks } from '../spark.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const freshMs = 300_000
const sorts = ['name', 'project', 'host', 'state', 'created'] as const
type Sort = (typeof sorts)[number]

const stateShapes: Readonly<Record<string, string>> = {
  active: 'ok',
  error: 'critical',
  building: 'pending',
  rescued: 'warning',
  resized: 'warning',
}
/** Nova's states as one of our shapes; a stopped instance is nobody's problem. */
export const instanceShape = (state: string | null) => (state === null ? 'pending' : (stateShapes[state] ?? 'stopped'))

export const instancesPage: Route = {
  method: 'get',
  path: '/instances{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(visit)
    const [content, projects, hosts] = await Promise.all([
      instanceList.model(visit),
      projectChoices(visit, text(visit, 'project')),
      hostChoices(visit, text(visit, 'host')),
    ])
    return {
      kind: 'page',
      view: 'instances',
      title: visit.t('nav.instances'),
      model: {
        topic: topicOf(instanceList, visit),
        content,
        projects,
        hosts,
        q: text(visit, 'q') ?? '',
        deleted: visit.query.get('deleted') === '1',
        states: ['active', 'stopped', 'error', 'building', 'paused', 'suspended', 'shelved_offloaded', 'rescued', 'resized'].map(
          (state) => ({ value: state, title: visit.t(`instance.${state}`), chosen: text(visit, 'state') === state }),
        ),
        csv: linkTo(visit, { page: null }, '/instances.csv'),
        json: linkTo(visit, { page: null }, '/instances.json'),
      },
    }
  },
}

/** The table with what each instance does right now. */
export const instanceList: Fragment = {
  name: 'instance-list',
  access: ['see', 'instances'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'inventory' || (change.kind === 'samples' && change.measurement === 'instance'),
  async model(visit) {
    const page = listPage(visit, '/instances')
    const query = queryOf(visit)
    const { rows: found, total } = await visit.deps.inventory.instances(visit.scope, { ...query, ...page.rows })
    const here = { path: '/instances', query: visit.query }
    return {
      rows: await instanceRows(visit, found),
      ...page.of(total),
      filtered: [...visit.query.keys()].some((name) => !['sort', 'desc', 'page'].includes(name)),
      q: query.q ?? null,
      hosts: visit.can('see', 'hosts'),
      head: head(visit, here, query),
    }
  },
}

/** Sort links: the chosen column turns around. */
function head(visit: Visit, here: Pick<Visit, 'path' | 'query'>, query: Pick<InstanceQuery, 'sort' | 'descending'>) {
  return Object.fromEntries(
    sorts.map((sort) => {
      const chosen = query.sort === sort
      const descending = chosen && !query.descending
      return [
        sort,
        {
          title: visit.t(`column.${sort}`),
          href: linkTo(here, { sort, desc: descending ? '1' : null, page: null }),
          direction: chosen ? (query.descending ? 'descending' : 'ascending') : 'none',
        },
      ]
    }),
  )
}

function queryOf(visit: Visit): Omit<InstanceQuery, 'limit' | 'offset'> {
  const [q, project, user, state] = ['q', 'project', 'user', 'state'].map((name) => text(visit, name))
  const hosts = visit.can('see', 'hosts')
  const host = hosts ? text(visit, 'host') : undefined
  const wanted = text(visit, 'sort') as Sort
  const sort = sorts.includes(wanted) && (hosts || wanted !== 'host') ? wanted : 'name'
  return {
    ...(q !== undefined && { q }),
    ...(project !== undefined && { project }),
    ...(user !== undefined && { user }),
    ...(host !== undefined && { host }),
    ...(state !== undefined && { state }),
    deleted: visit.query.get('deleted') === '1',
    sort,
    descending: visit.query.get('desc') === '1',
  }
}

/** Instances as rows, with CPU and memory of the last minutes: two queries for the whole page. */
export async function instanceRows(visit: Visit, found: readonly Instance[]) {
  const ids = found.map(({ id }) => id)
  const [project, user, sparks, samples] = await Promise.all([
    namesOf(
      visit,
      'project',
      found.map((instance) => instance.project),
    ),
    namesOf(
      visit,
      'user',
      found.map((instance) => instance.user),
    ),
    cpuSparks(visit, ids),
    ids.length === 0
      ? []
      : visit.deps.store.latest({ measurement: 'instance', where: { instance: ids }, since: visit.now - freshMs }),
  ])
  const newest = new Map<string, (typeof samples)[number]>()
  for (const sample of samples) {
    const id = sample.tags.instance ?? ''
    if (sample.time >= (newest.get(id)?.time ?? 0)) newest.set(id, sample)
  }
  const hosts = visit.can('see', 'hosts')
  return found.map((instance) => {
    const fields = newest.get(instance.id)?.fields
    const running = instance.state === 'active'
    const memory = fields?.memory_used_bytes ?? fields?.memory_rss_bytes
    const allotted = fields?.memory_available_bytes ?? fields?.memory_current_bytes
    return {
      ...instance,
      href: `/instances/${encodeURIComponent(instance.id)}`,
      title: instance.name ?? instance.id,
      shape: instanceShape(instance.state),
      word: instance.state === null ? visit.t('instance.unknown') : visit.t(`instance.${instance.state}`),
      projectName: project(instance.project),
      projectHref: instance.project ? `/projects/${encodeURIComponent(instance.project)}` : null,
      userName: user(instance.user),
      host: hosts ? instance.host : null,
      address: instance.addresses[0]?.address ?? null,
      cpu: running ? (fields?.cpu_percent ?? null) : null,
      memoryPercent: running && memory !== undefined && allotted ? (100 * memory) / allotted : null,
      spark: sparks.get(instance.id) ?? null,
      since: instance.launchedAt ?? instance.createdAt,
    }
  })
}

async function list(visit: Visit): Promise<Reply> {
  const { rows, total } = await visit.deps.inventory.instances(visit.scope, { ...queryOf(visit), limit: 100_000 })
  const [project, user] = await Promise.all([
    namesOf(
      visit,
      'project',
      rows.map((row) => row.project),
    ),
    namesOf(
      visit,
      'user',
      rows.map((row) => row.user),
    ),
  ])
  const hosts = visit.can('see', 'hosts')
  const columns = [
    'id',
    'name',
    'state',
    'project',
    'project_name',
    'user',
    'user_name',
    'flavor',
    'vcpus',
    'memory_mib',
    'disk_gib',
    ...(hosts ? ['host'] : []),
    'addresses',
    'created',
    'launched',
    'terminated',
  ]
  return {
    kind: 'list',
    name: 'instances',
    total,
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map((instance) => ({
      id: instance.id,
      name: instance.name,
      state: instance.state,
      project: instance.project,
      project_name: project(instance.project),
      user: instance.user,
      user_name: user(instance.user),
      flavor: instance.flavor?.name ?? null,
      vcpus: instance.flavor?.vcpus ?? null,
      memory_mib: instance.flavor?.memoryMb ?? null,
      disk_gib: instance.flavor?.diskGb ?? null,
      ...(hosts && { host: instance.host }),
      addresses: instance.addresses.map(({ address }) => address).join(' '),
      created: visit.show.iso(instance.createdAt),
      launched: visit.show.iso(instance.launchedAt),
      terminated: visit.show.iso(instance.terminatedAt),
    })),
  }
}
