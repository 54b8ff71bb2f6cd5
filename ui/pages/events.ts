import type { EventQuery, EventRow } from '../../model/contract.ts'
import { eventRows, eventWords, isMark } from '../event-row.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { histogramBars } from '../histogram.ts'
import { hostChoices, projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'
import { timelineModes } from './timeline.ts'

const pageSize = 100
const exportAtMost = 1000

/** Everything that happened, newest first. */
export const eventsPage: Route = {
  method: 'get',
  path: '/events{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-24h')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const query = queryOf(visit)
    const { from, to } = parsed.range
    if (visit.shape !== 'html')
      return list(visit, await visit.deps.events.events(visit.scope, { ...query, from, to, limit: exportAtMost }))
    const [content, types, projects, hosts] = await Promise.all([
      eventList.model(visit),
      visit.deps.events.types(visit.scope),
      projectChoices(visit, text(visit, 'project')),
      hostChoices(visit, text(visit, 'host')),
    ])
    return {
      kind: 'page',
      view: 'events',
      title: visit.t('nav.events'),
      range: parsed.range,
      model: {
        // Older pages and closed ranges do not change.
        topic: parsed.range.live && !visit.query.has('before') ? topicOf(eventList, visit) : null,
        control: rangeControl(visit, parsed.range),
        content,
        modes: timelineModes(visit, 'messages'),
        types: types
          .filter(({ ignored }) => !ignored)
          .map(({ type }) => ({ value: type, title: eventWords(visit, type), chosen: type === text(visit, 'type') }))
          .sort((a, b) => a.title.localeCompare(b.title)),
        projects,
        hosts,
        resource: text(visit, 'resource') ?? '',
        actor: text(visit, 'actor') ?? '',
        all: visit.query.get('all') === '1',
        from: text(visit, 'from'),
        to: text(visit, 'to'),
        csv: linkTo(visit, { before: null }, '/events.csv'),
        json: linkTo(visit, { before: null }, '/events.json'),
      },
    }
  },
}

/** Histogram and rows; drawn again when events arrive. */
export const eventList: Fragment = {
  name: 'event-list',
  access: ['see', 'events'],
  everyMs: 2000,
  wakes: (change, { scope }) =>
    change.kind === 'events' && (scope.projects === 'all' || change.projects.some((project) => scope.projects.includes(project))),
  async model(visit) {
    const parsed = rangeOf(visit, 'now-24h')
    if (!parsed.ok) return { rows: [] }
    const { from, to } = parsed.range
    const query = queryOf(visit)
    const before = beforeOf(visit)
    const [found, bars] = await Promise.all([
      visit.deps.events.events(visit.scope, { ...query, from, to, limit: pageSize + 1, ...(before && { before }) }),
      histogramBars(visit, query, parsed.range),
    ])
    const shown = found
      .slice(0, pageSize)
      .filter((event) => query.types !== undefined || visit.query.get('all') === '1' || isMark(event))
    const last = found.length > pageSize ? found[pageSize - 1] : undefined
    const rows = await eventRows(visit, shown)
    return {
      rows: rows.map((row, index) => ({ ...row, newDay: row.day !== rows[index - 1]?.day })),
      hidden: Math.min(found.length, pageSize) - shown.length,
      everything: linkTo(pageOf(visit), { all: '1' }),
      bars,
      older: last ? linkTo(pageOf(visit), { before: `${last.time}.${last.seq}` }) : null,
      filtered: ['type', 'project', 'host', 'resource', 'actor'].some((name) => text(visit, name) !== undefined),
    }
  },
}

/** Fragments are drawn for the stream too: their links lead to the page. */
const pageOf = (visit: Visit) => ({ path: '/events', query: visit.query })

function queryOf(visit: Visit): Omit<EventQuery, 'limit' | 'before' | 'from' | 'to'> {
  const [type, project, actor, resource] = ['type', 'project', 'actor', 'resource'].map((name) => text(visit, name))
  const host = visit.can('see', 'hosts') ? text(visit, 'host') : undefined
  return {
    ...(type !== undefined && { types: [type] }),
    ...(project !== undefined && { project }),
    ...(actor !== undefined && { actor }),
    ...(host !== undefined && { host }),
    ...(resource !== undefined && { resource: { kind: 'instance', id: resource } }),
  }
}

function beforeOf(visit: Visit): EventQuery['before'] {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(visit.query.get('before') ?? '')
  return match ? { time: Number(match[1]), seq: Number(match[2]) } : undefined
}

async function list(visit: Visit, events: readonly EventRow[]): Promise<Reply> {
  const rows = await eventRows(visit, events)
  const hosts = visit.can('see', 'hosts')
  const columns = [
    'time',
    'type',
    'phase',
    'name',
    'resource',
    'change',
    'project',
    'actor',
    ...(hosts ? ['host'] : []),
    'request',
    'message',
  ]
  return {
    kind: 'list',
    name: 'events',
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map((row, index) => {
      const event = events[index] as EventRow
      return {
        time: visit.show.iso(row.time),
        type: row.type,
        phase: row.phase,
        name: row.name,
        resource: event.resource?.id ?? null,
        change: row.change,
        project: event.project,
        actor: event.actor,
        ...(hosts && { host: row.host }),
        request: row.request,
        message: event.id,
      }
    }),
  }
}

/** One event with the text of the bus notification it came from. */
export const eventPage: Route = {
  method: 'get',
  path: '/events/:seq',
  async handle(visit): Promise<Reply> {
    const seq = Number(visit.params.seq)
    const found = Number.isSafeInteger(seq) ? await visit.deps.events.event(visit.scope, seq) : null
    if (!found) return { kind: 'missing' }
    const [row] = await eventRows(visit, [found.row])
    const title = `${eventWords(visit, found.row.type)} #${seq}`
    return {
      kind: 'page',
      view: 'event',
      title,
      crumbs: [{ title: visit.t('nav.events'), href: '/events' }, { title }],
      model: {
        row,
        message: found.row.id,
        format: found.row.format,
        publisher: found.row.publisher,
        canonical: JSON.stringify(found.row, null, 2),
        raw: found.raw === null ? null : pretty(found.raw),
      },
    }
  },
}

function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw // not JSON: shown as it came
  }
}
