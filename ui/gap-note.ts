import { isComplete } from '../model/completeness.ts'
import type { Gap } from '../model/contract.ts'
import type { TimeRange } from '../model/range.ts'
import { gapNote, gapRecord } from './gap-words.ts'
import { linkTo, type Visit } from './visit.ts'

/** What a page with figures of a period says of their completeness. */
export interface Reservations {
  /** For the page: the line and where it leads; null when nothing is missing. */
  note: { text: string; href: string | null } | null
  /** For programs. */
  record: { complete: boolean; gaps: ReturnType<typeof gapRecord>[] }
}

/** Names of hosts only for those who may see machines; the page of gaps only for those who may open it. */
export async function reservationsOf(visit: Visit, { from, to, fromText, toText }: TimeRange): Promise<Reservations> {
  const gaps: Gap[] = await visit.deps.completeness.gaps(visit.scope, { from, to })
  const line = gapNote(visit, gaps)
  const hosts = visit.can('see', 'hosts')
  const range = { path: '/completeness', query: new URLSearchParams() }
  const href = visit.can('see', 'completeness') ? linkTo(range, { from: fromText, to: toText }) : null
  return {
    note: line === null ? null : { text: line, href },
    record: { complete: isComplete(gaps), gaps: gaps.map((gap) => gapRecord(gap, hosts)) },
  }
}
