import type { EventRow } from '../../model/contract.ts'
import { type ResourceKind, resourceKinds } from '../../model/usage.ts'
import { eventRows } from '../event-row.ts'
import { hasText } from '../i18n.ts'
import { namesOf } from '../names.ts'
import { resourceRows } from '../resource-kinds.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'

const eventsShown = 30
const eventsRead = 200
const segmentsShown = 50
const hour = 3_600_000

/** One volume, image, floating IP …: what it is, every stretch that is counted, and what happened to it. */
export const resourcePage: Route = {
  method: 'get',
  path: '/resources/:kind/:id',
  async handle(visit): Promise<Reply> {
    const { kind = '', id = '' } = visit.params
    const found = await visit.deps.resources.resource(visit.scope, kind, id)
    if (!found) return { kind: 'missing' }
    const [[row], user, events, stretches] = await Promise.all([
      resourceRows(visit, [found]),
      namesOf(visit, 'user', [found.user]),
      visit.deps.events.events(visit.scope, { resource: { kind, id }, limit: eventsRead }),
      // whoever only may look at a public image has no account of it
      found.project === null && visit.scope.projects !== 'all' ? null : stretchesOf(visit, kind, id),
    ])
    const shown = await eventRows(visit, events.filter(isTold).slice(0, eventsShown))
    const kindTitle = visit.t(hasText(visit.language, `kind.${kind}`) ? `kind.${kind}` : kind)
    const title = row?.title ?? id
    return {
      kind: 'page',
      view: 'resource',
      title,
      crumbs: [{ title: kindTitle, href: `/resources?kind=${encodeURIComponent(kind)}` }, { title }],
      model: {
        ...row,
        userName: user(found.user),
        userHref: found.user && visit.can('see', 'users') ? `/users/${encodeURIComponent(found.user)}` : null,
        placeTitle: visit.t(hasText(visit.language, `resource.place.${kind}`) ? `resource.place.${kind}` : 'resource.place'),
        stretches,
        events: shown.map((event, index) => ({ ...event, newDay: event.day !== shown[index - 1]?.day })),
      },
    }
  },
}

/** What was done or seen; not that it began, and no bookkeeping. */
const isTold = ({ type, phase }: EventRow) => phase !== 'start' && !type.endsWith('.exists')

/** Newest first, each with its GiB·h: what a bill can be followed to. Null for kinds that nobody counts. */
async function stretchesOf(visit: Visit, kind: string, id: string) {
  const counted = resourceKinds.find((each) => each === kind)
  if (!counted) return null
  const segments = await visit.deps.resources.segments(visit.scope, counted, id)
  const rows = segments.map((segment) => {
    const end = segment.to ?? visit.now
    const hours = (end - segment.from) / hour
    return {
      start: segment.from,
      end,
      open: segment.to === null,
      stateWord: stateWord(visit, counted, segment.state),
      sizeMib: segment.sizeGib === null ? null : segment.sizeGib * 1024,
      type: segment.type,
      hours,
      gibHours: segment.sizeGib === null ? null : hours * segment.sizeGib,
      provenance: visit.t(`provenance.${segment.provenance}`),
    }
  })
  const total = (field: 'hours' | 'gibHours') => rows.reduce((sum, row) => sum + (row[field] ?? 0), 0)
  return {
    rows: rows.slice(-segmentsShown).reverse(),
    total: { hours: total('hours'), gibHours: total('gibHours') },
    sized: counted !== 'floatingip',
    typed: counted === 'volume',
  }
}

/** Of a snapshot, backup or image nobody can say whether it serves anything. */
const stateWord = (visit: Visit, kind: ResourceKind, state: 'in_use' | 'idle') =>
  visit.t(kind === 'volume' || kind === 'floatingip' ? `resource.state.${state}` : 'resource.state.held')
