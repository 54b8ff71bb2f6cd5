import { type Fragment, topicOf } from '../fragment.ts'
import { listPage } from '../list-page.ts'
import { namesOf, projectChoices, userChoices } from '../names.ts'
import { resourceRows, type ShownKind, shownKinds, statusOf } from '../resource-kinds.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

/** Kinds of which services tell who made them. */
const withUsers: ReadonlySet<string> = new Set(['volume', 'snapshot', 'backup', 'image'])

/** Volumes, images, networks …: what exists beside instances, one kind at a time. */
export const resourcesPage: Route = {
  method: 'get',
  path: '/resources{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(visit)
    const { kind } = kindOf(visit)
    const [content, projects, users] = await Promise.all([
      resourceList.model(visit),
      projectChoices(visit, text(visit, 'project')),
      userChoices(visit, text(visit, 'user')),
    ])
    return {
      kind: 'page',
      view: 'resources',
      title: visit.t('nav.resources'),
      model: {
        topic: topicOf(resourceList, visit),
        content,
        kind,
        tabs: shownKinds.map((shown) => ({
          title: visit.t(`kind.${shown.kind}`),
          href: linkTo(visit, { kind: shown.kind === 'volume' ? null : shown.kind, user: null, page: null }),
          chosen: shown.kind === kind,
        })),
        // a flavor is nobody's
        projects: kind === 'flavor' ? null : projects,
        users: withUsers.has(kind) ? users : null,
        q: text(visit, 'q') ?? '',
        deleted: visit.query.get('deleted') === '1',
        csv: linkTo(visit, { page: null }, '/resources.csv'),
        json: linkTo(visit, { page: null }, '/resources.json'),
      },
    }
  },
}

export const resourceList: Fragment = {
  name: 'resource-list',
  access: ['see', 'resources'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'events',
  async model(visit) {
    const shown = kindOf(visit)
    const page = listPage(visit, '/resources')
    const query = queryOf(visit)
    const { rows, total } = await visit.deps.resources.resources(visit.scope, { ...query, ...page.rows })
    const here = { path: '/resources', query: visit.query }
    return {
      shown,
      rows: await resourceRows(visit, rows),
      ...page.of(total),
      kindTitle: visit.t(`kind.${shown.kind}`),
      placeTitle: visit.t(`resource.place.${shown.kind}`),
      filtered: ['q', 'project', 'user', 'deleted'].some((name) => visit.query.has(name)),
      clear: linkTo(here, { q: null, project: null, user: null, deleted: null, page: null }),
      q: query.q ?? null,
    }
  },
}

/** What the address asks for; volumes when it asks for nothing that there is. */
const kindOf = (visit: Visit): ShownKind =>
  shownKinds.find(({ kind }) => kind === text(visit, 'kind')) ?? (shownKinds[0] as ShownKind)

function queryOf(visit: Visit) {
  const [q, project, user] = ['q', 'project', 'user'].map((name) => text(visit, name))
  return {
    kind: kindOf(visit).kind,
    ...(q !== undefined && { q }),
    ...(project !== undefined && { project }),
    ...(user !== undefined && { user }),
    deleted: visit.query.get('deleted') === '1',
  }
}

/** The same for programs: every column, whatever the kind. */
async function list(visit: Visit): Promise<Reply> {
  const { rows, total } = await visit.deps.resources.resources(visit.scope, { ...queryOf(visit), limit: 100_000 })
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
  const columns = [
    ...['kind', 'id', 'name', 'status', 'project', 'project_name', 'user', 'user_name', 'size_gib', 'type', 'address'],
    ...['instances', 'parent_kind', 'parent', 'shared', 'created', 'deleted'],
  ]
  return {
    kind: 'list',
    name: kindOf(visit).kind,
    total,
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map((row) => ({
      kind: row.kind,
      id: row.id,
      name: row.name,
      status: row.about.status ?? (row.kind === 'floatingip' ? statusOf(visit, row).word : null),
      project: row.project,
      project_name: project(row.project),
      user: row.user,
      user_name: user(row.user),
      size_gib: row.about.sizeGib ?? null,
      type: row.about.volumeType ?? null,
      address: row.about.address ?? null,
      instances: (row.about.instances ?? []).join(' '),
      parent_kind: row.about.parent?.kind ?? null,
      parent: row.about.parent?.id ?? null,
      shared: row.about.shared ?? false,
      created: visit.show.iso(row.createdAt),
      deleted: visit.show.iso(row.deletedAt),
    })),
  }
}
