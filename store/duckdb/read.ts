import { AppError } from '../../model/contract.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample } from '../../model/sample.ts'
import { Pool } from '../pool.ts'
import { gridOf } from '../range-grid.ts'
import type { Holdings } from './holdings.ts'
import { columnName, quoted, windowOf } from './names.ts'
import { plan } from './plan.ts'
import {
  type Aggregation,
  aggregated,
  newestVersions,
  rawColumns,
  rawRows,
  rollupColumns,
  rollupRows,
  selectionOf,
} from './query.ts'
import type { Table } from './table.ts'

/** More numbers than this in one answer would not be a chart but an outage. */
const maxCells = 25_000_000

/** Answers a range query from hot tables, sealed files and roll-ups. */
export async function readRange(holdings: Holdings, query: RangeQuery): Promise<RangeResult> {
  const grid = gridOf(query)
  const pool = new Pool(query, grid)
  const index = holdings.index(query.measurement)
  const sids = index && grid.times.length > 0 ? index.select(query.where) : []
  if (!index || sids.length === 0) return pool.result([])
  const grouping = index.group(sids, query.groupBy)
  const { raw, rollups, amended } = plan(holdings.known(query.measurement), query)
  const asked = [...new Set(query.fields)]
  const there = new Set([...raw, ...rollups].flatMap((piece) => piece.fields))
  const fields = asked.filter((field) => there.has(field))
  if (fields.length === 0) return pool.result([])
  if (grouping.tags.length * grid.times.length * fields.length > maxCells)
    throw new AppError('invalid', 'range: too many values asked for; use a longer step, fewer fields or fewer series')
  const { selection, parameters } = selectionOf(sids, grouping.groups)
  const parts = pool.wanted
  const aggregation: Aggregation = { selection, step: grid.step, first: grid.first }
  const reads: Promise<Table>[] = []
  if (raw.length > 0) {
    const rows = rawRows(holdings.directory, raw, fields, selection.condition, amended)
    const source = amended ? newestVersions(rows) : rows
    reads.push(holdings.engine.read(aggregated(source, rawColumns(fields, parts, selection.single), aggregation), parameters))
  }
  if (rollups.length > 0) {
    const rows = rollupRows(holdings.directory, rollups, fields, parts, selection.condition)
    reads.push(holdings.engine.read(aggregated(rows, rollupColumns(fields, parts, selection.single), aggregation), parameters))
  }
  for (const table of await Promise.all(reads)) {
    const groups = table.column(0)
    const buckets = table.column(1)
    fields.forEach((field, f) => {
      const columns = Object.fromEntries(parts.map((part, p) => [part, table.column(2 + f * parts.length + p)]))
      for (let row = 0; row < table.length; row++)
        pool.add(groups[row] as number, field, buckets[row] as number, (part) => columns[part]?.[row] as number)
    })
  }
  return pool.result(grouping.tags)
}

/** The newest sample of each series: mostly from memory, the rest from where it lies. */
export async function readLatest(holdings: Holdings, query: LatestQuery): Promise<Sample[]> {
  const index = holdings.index(query.measurement)
  if (!index) return []
  const found: Sample[] = []
  const missing = new Map<number, { sid: number; time: number }[]>()
  for (const sid of index.select(query.where)) {
    const time = holdings.newest(sid)
    if (time < query.since || time < 0) continue
    const sample = holdings.latest.get(sid)
    const window = windowOf(time)
    if (sample) found.push({ ...sample, tags: index.tagsOf(sid) ?? sample.tags })
    else missing.set(window, [...(missing.get(window) ?? []), { sid, time }])
  }
  for (const wanted of missing.values()) {
    const samples = await samplesAt(holdings, query.measurement, wanted)
    for (const { sid, time } of wanted) {
      const sample = samples.get(`${sid} ${time}`)
      if (!sample) continue // its raw rows are past retention
      if (holdings.newest(sid) === time) holdings.latest.set(sid, sample)
      found.push(sample)
    }
  }
  return found
}

/** Stored samples by "sid time", for instants of one window. */
export async function samplesAt(
  holdings: Holdings,
  measurement: string,
  wanted: readonly { sid: number; time: number }[],
): Promise<Map<string, Sample>> {
  const times = wanted.map(({ time }) => time)
  const from = times.reduce((a, b) => Math.min(a, b))
  const to = times.reduce((a, b) => Math.max(a, b)) + 1
  const { raw, amended } = plan(holdings.known(measurement), { from, to, step: null })
  const found = new Map<string, Sample>()
  if (raw.length === 0) return found
  const fields = [...new Set(raw.flatMap((piece) => piece.fields))]
  const rows = rawRows(holdings.directory, raw, fields, null, amended)
  const columns = fields.map((field) => `, source.${quoted(columnName(field))}`).join('')
  const table = await holdings.engine.read(
    `SELECT CAST(sid AS DOUBLE), CAST(ts AS DOUBLE)${columns} FROM (${amended ? newestVersions(rows) : rows}) source
      JOIN (SELECT unnest(CAST(string_split($sids, ',') AS INTEGER[])) AS sid, unnest(CAST(string_split($times, ',') AS BIGINT[])) AS ts) wanted
      USING (sid, ts)`,
    { sids: wanted.map(({ sid }) => sid).join(','), times: times.join(',') },
  )
  const index = holdings.index(measurement)
  for (let row = 0; row < table.length; row++) {
    const sid = table.number(row, 0)
    const time = table.number(row, 1)
    const values = fields.map((field, i) => [field, table.number(row, i + 2)] as const)
    const present = Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value)))
    found.set(`${sid} ${time}`, { measurement, tags: index?.tagsOf(sid) ?? {}, fields: present, time })
  }
  return found
}
