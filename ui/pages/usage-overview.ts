import type { Named } from '../../model/resource.ts'
import type { UsageRow } from '../../model/usage.ts'
import { costOf } from '../cost.ts'
import { reservationsOf } from '../gap-note.ts'
import type { Reply, Route } from '../route.ts'
import { rangeOf, wrongRange } from '../time-range.ts'
import { totalsOf, usageFrame, usageList, usageRows, viewOf } from '../usage-table.ts'
import type { Visit } from '../visit.ts'

/** All projects, or all users, with what they used in the period. */
export const projectsPage: Route = {
  method: 'get',
  path: '/projects{.:format}',
  handle: (visit) => overview(visit, 'project'),
}

export const usersPage: Route = {
  method: 'get',
  path: '/users{.:format}',
  handle: (visit) => overview(visit, 'user'),
}

async function overview(visit: Visit, by: 'project' | 'user'): Promise<Reply> {
  const parsed = rangeOf(visit, 'now/M')
  if (!parsed.ok) return wrongRange(visit, parsed.wrong)
  const { range } = parsed
  const { usage, inventory } = visit.deps
  const [used, known] = await Promise.all([
    usage.usage(visit.scope, { view: viewOf(visit), by, from: range.from, to: range.to }),
    by === 'project' ? inventory.projects(visit.scope) : inventory.users(visit.scope),
  ])
  const rows = withIdle(used, known)
  const table = by === 'project' ? '/projects' : '/users'
  const reservations = await reservationsOf(visit, range)
  if (visit.shape !== 'html') return usageList(`${by}-usage`, by, rows, reservations)
  const cost = await costOf(visit, { kind: 'cloud', id: null }, by, range, rows)
  const title = visit.t(by === 'project' ? 'nav.projects' : 'nav.users')
  return {
    kind: 'page',
    view: 'usage-overview',
    title,
    range,
    model: {
      ...usageFrame(visit, range, table),
      gaps: reservations.note,
      column: visit.t(`column.${by}`),
      caption: title,
      rows: usageRows(visit, by, cost?.rows ?? rows),
      cost,
      total: totalsOf(rows),
    },
  }
}

/** Whoever used nothing is in the list too: a line that is missing would be a question. */
function withIdle(used: readonly UsageRow[], known: readonly Named[]): UsageRow[] {
  const names = new Map(known.map(({ id, name }) => [id, name]))
  const seen = new Set(used.map(({ key }) => key))
  const nothing = { instances: 0, hours: 0, runningHours: 0, vcpuHours: 0, memoryGibHours: 0, diskGibHours: 0 }
  return [
    ...used.map((row) => ({ ...row, name: row.name ?? names.get(row.key) ?? null })),
    ...known.filter(({ id }) => !seen.has(id)).map(({ id, name }) => ({ key: id, name, ...nothing })),
  ]
}
