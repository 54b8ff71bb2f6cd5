import type { Visit } from './visit.ts'

const width = 88
const height = 20

/** A small line of the last hour, as SVG points; gaps split it. */
export interface Spark {
  lines: readonly string[]
  last: number | null
}

/** Pure: values from 0 to `top` → polylines of a fixed box. A lone point becomes a dash, or nobody would see it. */
export function sparkLines(values: readonly (number | null)[], top: number): string[] {
  const lines: string[] = []
  let points: string[] = []
  const flush = () => {
    if (points.length === 1) points.push((points[0] as string).replace(/^[\d.]+/, (x) => String(Number(x) + 1)))
    if (points.length > 0) lines.push(points.join(' '))
    points = []
  }
  values.forEach((value, index) => {
    if (value === null) flush()
    else {
      const x = (index / Math.max(1, values.length - 1)) * (width - 2) + 1
      const y = height - 1 - (Math.min(Math.max(value, 0), top) / top) * (height - 2)
      points.push(`${x.toFixed(1)},${y.toFixed(1)}`)
    }
  })
  flush()
  return lines
}

/** CPU of the last hour for the instances of a page: one query for all. */
export async function cpuSparks(visit: Visit, instances: readonly string[]): Promise<Map<string, Spark>> {
  const sparks = new Map<string, Spark>()
  if (instances.length === 0) return sparks
  const step = 120_000
  const to = Math.ceil(visit.now / step) * step
  const { series } = await visit.deps.store.range({
    measurement: 'instance',
    fields: ['cpu_percent'],
    where: { instance: [...new Set(instances)] },
    from: to - 30 * step,
    to,
    step,
    aggregates: ['mean'],
    groupBy: ['instance'],
  })
  for (const { tags, values } of series) {
    const last = values.findLast((value) => value !== null) ?? null
    if (tags.instance !== undefined) sparks.set(tags.instance, { lines: sparkLines(values, 100), last })
  }
  return sparks
}
