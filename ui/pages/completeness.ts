import { hourMs } from '../../model/audit-period.ts'
import { isComplete } from '../../model/completeness.ts'
import { heardMatrix, type Matrix, type MatrixRow } from '../../model/heard-matrix.ts'
import { stepFor, type TimeRange } from '../../model/range.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { gapRecord, gapWords } from '../gap-words.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const mostBuckets = 168
const mostRows = 200
const mostGaps = 200
/** Fills of the heat scale. */
const levels = 6

/** For each service, host and hour what was heard, and what is missing. */
export const completenessPage: Route = {
  method: 'get',
  path: '/completeness{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-24h')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    if (visit.shape !== 'html') return list(visit, parsed.range)
    return {
      kind: 'page',
      view: 'completeness',
      title: visit.t('nav.completeness'),
      range: parsed.range,
      model: {
        topic: parsed.range.live ? topicOf(completenessBoard, visit) : null,
        control: rangeControl(visit, parsed.range),
        content: await completenessBoard.model(visit),
        q: text(visit, 'q') ?? '',
        from: text(visit, 'from'),
        to: text(visit, 'to'),
        csv: linkTo(visit, {}, '/completeness.csv'),
        json: linkTo(visit, {}, '/completeness.json'),
      },
    }
  },
}

export const completenessBoard: Fragment = {
  name: 'completeness-board',
  access: ['see', 'completeness'],
  everyMs: 60_000,
  wakes: (change) => change.kind === 'events',
  async model(visit) {
    const parsed = rangeOf(visit, 'now-24h')
    if (!parsed.ok) return { services: [], gaps: [] }
    const { range } = parsed
    const step = Math.max(hourMs, stepFor(range, mostBuckets))
    const [hours, gaps] = await Promise.all([
      visit.deps.completeness.hours(range, step),
      visit.deps.completeness.gaps(visit.scope, range),
    ])
    const matrix = heardMatrix(range, step, hours, gaps, visit.now)
    const q = text(visit, 'q')?.toLowerCase()
    const asked = ({ service, host }: { service: string; host: string | null }) =>
      q === undefined || `${service} ${host ?? ''}`.toLowerCase().includes(q)
    const found = matrix.rows.filter(asked)
    const counting = gaps.filter(({ loss }) => loss !== 'none')
    return {
      complete: isComplete(gaps),
      count: counting.length,
      late: gaps.length - counting.length,
      services: [...Map.groupBy(found.slice(0, mostRows), ({ service }) => service)].map(([service, rows]) => ({
        service,
        rows: rows.map((row) => stripOf(visit, matrix, row)),
      })),
      more: Math.max(0, found.length - mostRows),
      searched: q !== undefined,
      labels: Array.from({ length: matrix.buckets }, (_unused, n) => labelOf(visit, matrix, n)).join('|'),
      first: matrix.start,
      last: matrix.start + matrix.buckets * matrix.step,
      stepWords: visit.show.duration(step),
      scale: Array.from({ length: levels }, (_unused, level) => level),
      gaps: gaps
        .filter(asked)
        .toReversed()
        .slice(0, mostGaps)
        .map((gap) => ({ ...gap, ...gapWords(visit, gap, true) })),
    }
  },
}

/** One row of the heat strip: as few paths as there are levels, so that a thousand cells are no thousand elements. */
function stripOf(visit: Visit, { buckets }: Matrix, row: MatrixRow) {
  const most = Math.max(1, ...row.messages)
  const paths = new Map<string, string>()
  const add = (key: string, at: number) => paths.set(key, `${paths.get(key) ?? ''}M${at * 10} 0h9v20h-9z`)
  for (const [at, count] of row.messages.entries()) {
    if (count > 0) add(`heat-${Math.min(levels - 1, Math.floor((Math.log1p(count) / Math.log1p(most)) * (levels - 0.01)))}`, at)
    if (row.gaps[at]) add('gap', at)
  }
  const missing = row.gaps.filter((gap) => gap !== null).length
  return {
    host: row.host === '' ? visit.t('completeness.nobody') : row.host,
    total: row.total,
    heard: row.heard,
    buckets,
    missing,
    width: buckets * 10,
    // hatched where something is missing: the pattern tells it, not the colour
    paths: [...paths].map(([name, d]) => ({ name, d, hatch: name === 'gap' })),
    counts: row.messages.join(','),
    marks: row.gaps.map((gap) => (gap ? visit.t(`gap.kind.${gap.kind}`) : '')).join('|'),
    sentence: visit.t('completeness.row', { count: row.total, heard: row.heard, buckets, missing }),
  }
}

const labelOf = ({ show }: Visit, { start, step }: Matrix, n: number) =>
  `${show.day(start + n * step)} ${show.minute(start + n * step)} – ${show.minute(start + (n + 1) * step)}`

async function list(visit: Visit, range: TimeRange): Promise<Reply> {
  const gaps = await visit.deps.completeness.gaps(visit.scope, range)
  return {
    kind: 'list',
    name: 'completeness',
    columns: ['kind', 'loss', 'service', 'host', 'from', 'to', 'count', 'cause'].map((key) => ({ key, title: key })),
    rows: gaps.map((gap) => gapRecord(gap, true)),
    also: { complete: isComplete(gaps) },
  }
}
