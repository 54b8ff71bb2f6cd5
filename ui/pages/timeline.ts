import type { Action, ActionQuery, ActionResult } from '../../model/contract.ts'
import { actionRows, verbWords } from '../action-row.ts'
import { eventRows } from '../event-row.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const pageSize = 100
const exportAtMost = 1000
const results = ['ok', 'failed', 'running', 'unknown'] as const satisfies readonly ActionResult[]
const services = ['nova', 'cinder', 'glance', 'neutron', 'keystone', 'swift', 'specola'] as const
const filters = ['q', 'verb', 'project', 'result', 'service', 'actor', 'resource', 'address'] as const

/** Who did what to what, from where, with what result. */
export const timelinePage: Route = {
  method: 'get',
  path: '/timeline{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-7d')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const { from, to } = parsed.range
    if (visit.shape !== 'html') {
      const before = beforeOf(visit)
      const query = { ...queryOf(visit), from, to, limit: exportAtMost, ...(before && { before }) }
      return list(visit, await visit.deps.timeline.actions(visit.scope, query))
    }
    const [content, verbs, projects] = await Promise.all([
      actionList.model(visit),
      visit.deps.timeline.verbs(visit.scope),
      projectChoices(visit, text(visit, 'project')),
    ])
    const chosen = (name: string, values: readonly string[], title: (value: string) => string) =>
      values.map((value) => ({ value, title: title(value), chosen: value === text(visit, name) }))
    return {
      kind: 'page',
      view: 'timeline',
      title: visit.t('nav.events'),
      range: parsed.range,
      model: {
        // Older pages and closed ranges do not change.
        topic: parsed.range.live && !visit.query.has('before') ? topicOf(actionList, visit) : null,
        control: rangeControl(visit, parsed.range),
        content,
        modes: timelineModes(visit, 'actions'),
        verbs: chosen('verb', verbs, (verb) => verbWords(visit, verb)).sort((a, b) => a.title.localeCompare(b.title)),
        results: chosen('result', results, (result) => visit.t(`result.${result}`)),
        services: chosen('service', services, (service) => service),
        projects,
        q: text(visit, 'q') ?? '',
        actor: text(visit, 'actor') ?? '',
        resource: text(visit, 'resource') ?? '',
        address: visit.can('see', 'hosts') ? (text(visit, 'address') ?? '') : null,
        all: visit.query.get('all') === '1',
        from: text(visit, 'from'),
        to: text(visit, 'to'),
        csv: linkTo(visit, { before: null }, '/timeline.csv'),
        json: linkTo(visit, { before: null }, '/timeline.json'),
      },
    }
  },
}

/** Rows by day; drawn again when events arrive. */
export const actionList: Fragment = {
  name: 'action-list',
  access: ['see', 'timeline'],
  everyMs: 2000,
  wakes: (change, { scope }) =>
    change.kind === 'events' && (scope.projects === 'all' || change.projects.some((project) => scope.projects.includes(project))),
  async model(visit) {
    const parsed = rangeOf(visit, 'now-7d')
    if (!parsed.ok) return { rows: [] }
    const { from, to } = parsed.range
    const before = beforeOf(visit)
    const found = await visit.deps.timeline.actions(visit.scope, {
      ...queryOf(visit),
      ...{ from, to, limit: pageSize + 1 },
      ...(before && { before }),
    })
    const last = found.length > pageSize ? found[pageSize - 1] : undefined
    const rows = await actionRows(visit, found.slice(0, pageSize))
    return {
      rows: rows.map((row, index) => ({ ...row, newDay: row.day !== rows[index - 1]?.day })),
      older: last ? linkTo(pageOf(visit), { before: `${last.time}.${last.seq}` }) : null,
      filtered: filters.some((name) => text(visit, name) !== undefined),
    }
  },
}

/** Fragments are drawn for the stream too: their links lead to the page. */
const pageOf = (visit: Visit) => ({ path: '/timeline', query: visit.query })

/** The two ways of looking at the same time: what people did, and what the services said. */
export function timelineModes(visit: Visit, mode: 'actions' | 'messages') {
  const kept = Object.fromEntries(
    ['verb', 'result', 'service', 'address', 'q', 'before', 'type', 'host', 'all'].map((name) => [name, null]),
  )
  return (['actions', 'messages'] as const).map((name) => ({
    title: visit.t(`timeline.${name}`),
    href: linkTo(visit, kept, name === 'actions' ? '/timeline' : '/events'),
    chosen: name === mode,
  }))
}

function queryOf(visit: Visit): Omit<ActionQuery, 'limit' | 'before' | 'from' | 'to'> {
  const [q, verb, project, service, actor, resource] = ['q', 'verb', 'project', 'service', 'actor', 'resource'].map((name) =>
    text(visit, name),
  )
  const result = results.find((one) => one === text(visit, 'result'))
  // asking by an address would tell it
  const address = visit.can('see', 'hosts') ? text(visit, 'address') : undefined
  return {
    ...(q !== undefined && { q }),
    ...(verb !== undefined && { verb }),
    ...(project !== undefined && { project }),
    ...(service !== undefined && { service }),
    ...(actor !== undefined && { actor }),
    ...(resource !== undefined && { resource }),
    ...(result !== undefined && { result }),
    ...(address !== undefined && { address }),
    addresses: visit.can('see', 'hosts'),
    parts: visit.query.get('all') === '1',
  }
}

function beforeOf(visit: Visit): ActionQuery['before'] {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(visit.query.get('before') ?? '')
  return match ? { time: Number(match[1]), seq: Number(match[2]) } : undefined
}

async function list(visit: Visit, actions: readonly Action[]): Promise<Reply> {
  const rows = await actionRows(visit, actions)
  const hosts = visit.can('see', 'hosts')
  const columns = [
    ...['time', 'until', 'actor', 'actor_name', 'verb', 'service', 'kind', 'resource', 'name', 'project', 'result', 'reason'],
    ...(hosts ? ['address', 'host'] : []),
    'request',
  ]
  return {
    kind: 'list',
    name: 'timeline',
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map((row) => ({
      time: visit.show.iso(row.time),
      until: visit.show.iso(row.until),
      actor: row.actorId,
      actor_name: row.actorName,
      verb: row.verb,
      service: row.service,
      kind: row.kind,
      resource: row.resourceId,
      name: row.name,
      project: row.projectId,
      result: row.result,
      reason: row.reason,
      ...(hosts && { address: row.address, host: row.host }),
      request: row.request,
    })),
  }
}

/** One action with the events under it, and what the same request did elsewhere. */
export const actionPage: Route = {
  method: 'get',
  path: '/timeline/:seq',
  async handle(visit): Promise<Reply> {
    const seq = Number(visit.params.seq)
    const found = Number.isSafeInteger(seq) ? await visit.deps.timeline.action(visit.scope, seq) : null
    if (!found) return { kind: 'missing' }
    const [[row], related, events] = await Promise.all([
      actionRows(visit, [found.action]),
      actionRows(visit, found.related),
      eventRows(visit, found.events),
    ])
    const words = row?.words ?? ''
    const heading = words.charAt(0).toLocaleUpperCase(visit.language) + words.slice(1)
    const title = `${heading} ${row?.name ?? ''}`.trim()
    return {
      kind: 'page',
      view: 'action',
      title,
      crumbs: [{ title: visit.t('nav.events'), href: '/timeline' }, { title }],
      model: {
        row,
        heading,
        related,
        events: events.map((event, index) => ({ ...event, newDay: index > 0 && event.day !== events[index - 1]?.day })),
        resourceActions: row?.resourceId ? `/timeline?resource=${encodeURIComponent(row.resourceId)}&from=now-1y` : null,
        actorActions: row?.actorId ? `/timeline?actor=${encodeURIComponent(row.actorId)}&from=now-1y` : null,
      },
    }
  },
}
