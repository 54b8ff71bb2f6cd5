/** Service × host × time: how many messages, and where a gap lies. Pure. */
import type { Gap, HeardHour, Period } from './contract.ts'

export interface MatrixRow {
  service: string
  host: string
  /** Messages per bucket, oldest first. */
  messages: number[]
  /** The gap that concerns a bucket most, or null. */
  gaps: (Gap | null)[]
  total: number
  /** Buckets in which anything was heard. */
  heard: number
}

export interface Matrix {
  /** Start of the first bucket and length of each, ms; buckets are aligned to the hour or to multiples of it since the epoch. */
  start: number
  step: number
  buckets: number
  /** By service, then host. */
  rows: MatrixRow[]
}

const severity: Record<Gap['loss'], number> = { none: 0, possible: 1, certain: 2 }

/** `step` is a multiple of an hour. A speaker that said nothing in the period has a row when a gap is its own. */
export function heardMatrix(
  period: Period,
  step: number,
  hours: readonly HeardHour[],
  gaps: readonly Gap[],
  now: number,
): Matrix {
  const start = Math.floor(period.from / step) * step
  const end = Math.min(period.to, now)
  const buckets = Math.max(1, Math.ceil((end - start) / step))
  const rows = new Map<string, MatrixRow>()
  const rowOf = (service: string, host: string) => {
    const key = `${service} ${host}`
    let row = rows.get(key)
    if (!row) {
      row = { service, host, messages: Array(buckets).fill(0), gaps: Array(buckets).fill(null), total: 0, heard: 0 }
      rows.set(key, row)
    }
    return row
  }
  for (const { service, host, hour, messages } of hours) {
    const at = Math.floor((hour - start) / step)
    if (at < 0 || at >= buckets) continue
    const row = rowOf(service, host)
    row.messages[at] = (row.messages[at] as number) + messages
    row.total += messages
  }
  for (const gap of gaps) if (gap.host !== null && (gap.kind === 'silent' || gap.kind === 'audit')) rowOf(gap.service, gap.host)
  for (const row of rows.values()) {
    row.heard = row.messages.filter((count) => count > 0).length
    for (const gap of gaps) if (concerns(gap, row)) mark(row.gaps, gap)
  }
  const sorted = [...rows.values()].sort((a, b) => compare(a.service, b.service) || compare(a.host, b.host))
  return { start, step, buckets, rows: sorted }

  function mark(cells: (Gap | null)[], gap: Gap): void {
    const first = Math.max(0, Math.floor((gap.from - start) / step))
    const last = Math.min(buckets, Math.ceil(((gap.to ?? end) - start) / step))
    for (let at = first; at < last; at++) {
      const known = cells[at]
      if (!known || severity[gap.loss] > severity[known.loss]) cells[at] = gap
    }
  }
}

/** What concerns everybody is everybody's; single instances and unread messages are no silence of a host. */
function concerns(gap: Gap, { service, host }: Pick<MatrixRow, 'service' | 'host'>): boolean {
  if (gap.kind === 'before' || gap.kind === 'away') return gap.loss !== 'none'
  return (gap.kind === 'silent' || gap.kind === 'audit') && gap.host === host && gap.service === service
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
