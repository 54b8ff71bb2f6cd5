/** Rows added up in every way that a report shows. Sums of amounts and quantities are exact. */
import type { NamedRow } from './closed-month.ts'
import { priceItems } from './price-book.ts'
import { amountOf } from './rating.ts'
import type { ReportGroup, ReportLine } from './report.ts'
import { isCounted, type UsageBy } from './usage.ts'

/** By item, what, state and price, in the order in which items are listed. */
export function linesOfRows(rows: Iterable<NamedRow>): ReportLine[] {
  const lines = new Map<string, ReportLine>()
  for (const { state, charges } of rows)
    for (const { item, what, unit, quantity, price, amount } of charges) {
      const key = JSON.stringify([item, what, state, String(price)])
      const line = lines.get(key)
      if (line) {
        line.quantity += quantity
        line.amount += amount
      } else lines.set(key, { item, what, state, unit, quantity, price, amount })
    }
  const order = (line: ReportLine) => priceItems.indexOf(line.item)
  return [...lines.values()].sort(
    (a, b) =>
      order(a) - order(b) ||
      compare(a.what ?? '', b.what ?? '') ||
      Number(b.amount - a.amount) ||
      compare(String(a.state), String(b.state)),
  )
}

/** Largest amount first (hours without prices). */
export function groupsOf(rows: Iterable<NamedRow>, by: UsageBy, priced: boolean): ReportGroup[] {
  const groups = new Map<string, ReportGroup & { ids: Set<string> }>()
  for (const row of rows) {
    const key = keyOf(row, by)
    const id = by === 'instance' ? `${row.kind}\0${key}` : key
    let group = groups.get(id)
    if (!group) {
      group = {
        ...{ key, name: by === 'instance' ? row.name : by === 'flavor' || by === 'host' ? key || null : null },
        ...{ kind: by === 'instance' ? row.kind : null, resources: 0, ms: 0, hours: 0 },
        ...{ vcpuHours: 0, memoryGibHours: 0, diskGibHours: 0, storageGibHours: 0, amount: priced ? 0n : null, ids: new Set() },
      }
      groups.set(id, group)
    }
    take(group, row)
  }
  return [...groups.values()]
    .map(({ ids, ...group }) => ({ ...group, resources: ids.size, hours: group.ms / hourMs }))
    .sort((a, b) => compareAmounts(a.amount, b.amount) || b.ms - a.ms || compare(a.key, b.key))
}

const hourMs = 3_600_000

function take(group: ReportGroup & { ids: Set<string> }, row: NamedRow): void {
  group.ids.add(`${row.kind}\0${row.id}`)
  if (group.amount !== null) group.amount += amountOf(row)
  if (row.traffic) return
  const hours = row.ms / hourMs
  if (row.kind !== 'instance') {
    group.storageGibHours += hours * (row.sizeGib ?? 0)
    return
  }
  group.ms += row.ms
  group.vcpuHours += hours * (row.flavor?.vcpus ?? 0)
  group.memoryGibHours += (hours * (row.flavor?.memoryMb ?? 0)) / 1024
  group.diskGibHours += hours * (row.flavor?.diskGb ?? 0)
}

function keyOf(row: NamedRow, by: UsageBy): string {
  switch (by) {
    case 'project':
      return row.project ?? ''
    case 'user':
      return row.user ?? ''
    case 'instance':
      return row.id
    case 'host':
      return row.host ?? ''
    case 'flavor':
      return row.kind === 'instance' ? (row.flavor?.name ?? '') : [row.kind, row.type].filter(Boolean).join(' ')
  }
}

/** Hours of instances that no price was found for; building and failed ones are held by nobody. */
export function unpricedHours(rows: Iterable<NamedRow>): number {
  let ms = 0
  for (const { kind, state, host, traffic, charges, ms: its } of rows) {
    if (kind !== 'instance' || traffic || charges.length > 0 || state === null) continue
    if (state === 'in_use' || state === 'idle' || isCounted({ state, host })) ms += its
  }
  return ms / hourMs
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const compareAmounts = (a: bigint | null, b: bigint | null) => (a === null || b === null || a === b ? 0 : a > b ? -1 : 1)
