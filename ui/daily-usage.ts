import { daysWithin, type TimeRange } from '../model/range.ts'
import type { UsageQuery, UsageRow } from '../model/usage.ts'
import type { Visit } from './visit.ts'

const daysAtMost = 62
const named = 5
const height = 120
const slot = 20

interface Day {
  from: number
  to: number
  rows: readonly UsageRow[]
}

/** Usage of each calendar day of the range; null when the range is too short or too long for bars. */
export async function daysOf(visit: Visit, query: Omit<UsageQuery, 'from' | 'to'>, range: TimeRange): Promise<Day[] | null> {
  const days = daysWithin(range, visit.zone)
  if (days.length < 3 || days.length > daysAtMost) return null
  const result: Day[] = []
  // One after the other: the journal answers each in its own thread of thought, and other pages get their turn between.
  for (const day of days) result.push({ ...day, rows: await visit.deps.usage.usage(visit.scope, { ...query, ...day }) })
  return result
}

/** vCPU hours of each day as stacked bars: the largest five by name, the others together. */
export function stackDays(visit: Visit, days: readonly Day[] | null, rows: readonly UsageRow[]) {
  if (!days) return null
  const top = [...rows]
    .sort((a, b) => b.vcpuHours - a.vcpuHours)
    .slice(0, named)
    .filter((row) => row.vcpuHours > 0)
  const rank = new Map(top.map((row, index) => [row.key, index]))
  const sums = days.map((day) => day.rows.reduce((sum, row) => sum + row.vcpuHours, 0))
  const most = Math.max(...sums)
  if (most <= 0) return null
  const ceiling = niceCeiling(most)
  const bars = days.map((day, index) => {
    const parts = Array.from({ length: named + 1 }, () => 0)
    for (const row of day.rows) parts[rank.get(row.key) ?? named]! += row.vcpuHours
    let y = height
    const stack = parts.map((value, series) => {
      const tall = (value / ceiling) * height
      y -= tall
      return { series, y: y.toFixed(2), height: tall.toFixed(2), tall }
    })
    return {
      x: index * slot + 2,
      label: visit.show.day(day.from),
      total: sums[index] as number,
      stack: stack.filter(({ tall }) => tall > 0.05),
    }
  })
  const rest = rows.length - top.length
  return {
    bars,
    width: days.length * slot,
    height,
    middle: height / 2 + 0.5,
    ceiling,
    half: ceiling / 2,
    first: visit.show.day(days[0]?.from ?? null),
    last: visit.show.day(days.at(-1)?.from ?? null),
    legend: [
      ...top.map((row, series) => ({ series, title: row.name ?? row.key })),
      ...(rest > 0 ? [{ series: named, title: visit.t('usage.others', { count: rest }) }] : []),
    ],
  }
}

/** The next round number: one or two digits, then zeros. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value - 1e-9) ?? 10) * power
}
