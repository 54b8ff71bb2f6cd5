import type { UsageBy } from '../../model/usage.ts'
import { costOf } from '../cost.ts'
import { daysOf, stackDays } from '../daily-usage.ts'
import { reservationsOf } from '../gap-note.ts'
import { heldBy, heldList } from '../held-table.ts'
import type { Reply, Route } from '../route.ts'
import { rangeOf, wrongRange } from '../time-range.ts'
import { differencesOf } from '../usage-differences.ts'
import { firstAndRest, totalsOf, usageFrame, usageList, usageRows, viewOf } from '../usage-table.ts'
import { linkTo, text, type Visit } from '../visit.ts'

/** One project's usage, by what one wants to know. */
export const projectPage: Route = {
  method: 'get',
  path: '/projects/:id{.:format}',
  handle: (visit) => detail(visit, 'project'),
}

export const userPage: Route = {
  method: 'get',
  path: '/users/:id{.:format}',
  handle: (visit) => detail(visit, 'user'),
}

async function detail(visit: Visit, kind: 'project' | 'user'): Promise<Reply> {
  const parsed = rangeOf(visit, 'now/M')
  if (!parsed.ok) return wrongRange(visit, parsed.wrong)
  const { range } = parsed
  const id = visit.params.id ?? ''
  const { inventory, usage } = visit.deps
  const known = await (kind === 'project' ? inventory.projects(visit.scope) : inventory.users(visit.scope))
  const subject = known.find((one) => one.id === id)
  if (!subject) return { kind: 'missing' }
  const ways = waysOf(visit, kind)
  const by = ways.find((way) => way === text(visit, 'by')) ?? 'instance'
  const only = kind === 'project' ? { project: id } : { user: id }
  if (kind === 'project' && visit.shape !== 'html' && visit.query.get('of') === 'resources') {
    const held = await visit.deps.resources.usage(visit.scope, { project: id, by: 'resource', from: range.from, to: range.to })
    return heldList(subject.name ?? id, held)
  }
  const query = { view: viewOf(visit), ...only }
  const rows = await usage.usage(visit.scope, { ...query, by, from: range.from, to: range.to })
  const table = `/${kind}s/${encodeURIComponent(id)}`
  const title = subject.name ?? id
  const reservations = await reservationsOf(visit, range)
  if (visit.shape !== 'html') return usageList(`${title}-by-${by}`, by, rows, reservations)
  const cost = await costOf(visit, { kind, id }, by, range, rows)
  // Nova's own way of counting knows instances only
  const held = kind === 'project' && query.view === 'ledger' ? await heldBy(visit, id, range) : null
  const days = await daysOf(visit, { ...query, by }, range)
  const differences = kind === 'project' ? await differencesOf(visit, range, { project: id }) : null
  const list =
    kind === 'project' ? { title: visit.t('nav.projects'), href: '/projects' } : { title: visit.t('nav.users'), href: '/users' }
  return {
    kind: 'page',
    view: 'usage-detail',
    title,
    range,
    crumbs: [list, { title }],
    model: {
      ...usageFrame(visit, range, table),
      gaps: reservations.note,
      timeline:
        kind === 'user'
          ? linkTo({ path: '/timeline', query: new URLSearchParams({ actor: id }) }, { from: range.fromText, to: range.toText })
          : null,
      id,
      by,
      single: by === 'instance',
      ways: ways.map((way) => ({ title: visit.t(`usage.by.${way}`), href: linkTo(visit, { by: way }), chosen: way === by })),
      column: visit.t(`column.${by}`),
      caption: `${title}: ${visit.t(`usage.by.${by}`)}`,
      ...firstAndRest(usageRows(visit, by, cost?.rows ?? rows)),
      cost,
      total: totalsOf(rows),
      days: stackDays(visit, days, rows),
      differences,
      held,
      instances: `/instances?${kind}=${encodeURIComponent(id)}`,
    },
  }
}

function waysOf(visit: Visit, kind: 'project' | 'user'): UsageBy[] {
  const other: UsageBy = kind === 'project' ? 'user' : 'project'
  const ways: UsageBy[] = ['instance', 'flavor']
  if (other === 'project' || visit.can('see', 'users')) ways.splice(1, 0, other)
  if (visit.can('see', 'hosts')) ways.push('host')
  return ways
}
