/** What a project held beside its instances: volumes, snapshots, backups, images, floating IPs. */
import type { TimeRange } from '../model/range.ts'
import type { ResourceUsageRow } from '../model/usage.ts'
import { linkTo, type Visit } from './visit.ts'

/** One line for each kind, and for each type of volumes, with how much of it nothing used. Null when nothing was held. */
export async function heldBy(visit: Visit, project: string, range: Pick<TimeRange, 'from' | 'to'>) {
  const rows = await visit.deps.resources.usage(visit.scope, { project, by: 'type', from: range.from, to: range.to })
  if (rows.length === 0) return null
  return {
    rows: rows.map((row) => {
      const sized = row.kind !== 'floatingip'
      // of a snapshot, backup or image nobody can say whether it serves anything
      const told = row.kind === 'volume' || row.kind === 'floatingip'
      const idle = row.hours > 0 ? (100 * row.idleHours) / row.hours : null
      return {
        ...row,
        title: visit.t(`kind.${row.kind}`),
        type: row.kind === 'volume' ? row.name : null,
        href: `/resources?kind=${row.kind}&project=${encodeURIComponent(project)}`,
        gibHours: sized ? row.gibHours : null,
        idleHours: told ? row.idleHours : null,
        idle: told ? idle : null,
        bar: told && idle !== null ? Math.round(idle) : null,
      }
    }),
    csv: linkTo(visit, { of: 'resources' }, `/projects/${encodeURIComponent(project)}.csv`),
    json: linkTo(visit, { of: 'resources' }, `/projects/${encodeURIComponent(project)}.json`),
  }
}

/** Every single one as a line, for programs: exact numbers. */
export function heldList(name: string, rows: readonly ResourceUsageRow[]) {
  const columns = ['kind', 'id', 'name', 'hours', 'gib_hours', 'idle_hours']
  return {
    kind: 'list' as const,
    name: `${name}-resources`,
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map((row) => ({
      kind: row.kind,
      id: row.key,
      name: row.name,
      hours: row.hours,
      gib_hours: row.gibHours,
      idle_hours: row.idleHours,
    })),
  }
}
