/** The last hours of a metric as a small picture. Pure; ADR 0039 says why it is drawn here. */
import type { MetricHistory } from '../../../model/contract.ts'
import { blank, type Colour, fill, type Picture, type Point, strokeLine, textHeight, write } from './picture.ts'

/** Shown at half of this, so that it is sharp on any screen. */
export const chartWidth = 1120
export const chartHeight = 320

const paper: Colour = [255, 255, 255]
const grid: Colour = [228, 232, 236]
const ink: Colour = [89, 99, 110]
const line: Colour = [11, 87, 208]
const limits = { warning: [191, 135, 0], critical: [207, 34, 46] } as const satisfies Record<string, Colour>
const margin = { left: 90, right: 16, top: 16, bottom: 44 }

export interface ChartLimits {
  warning: number | null
  critical: number | null
}

export function drawChart(
  { from, to, times, values, unit }: MetricHistory,
  { warning, critical }: ChartLimits,
  zone: string,
): Picture {
  const picture = blank(chartWidth, chartHeight, paper)
  const known = values.filter((value) => value !== null)
  const ticks = ticksFor([...known, ...[warning, critical].filter((limit) => limit !== null)], unit)
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number]
  const right = chartWidth - margin.right
  const bottom = chartHeight - margin.bottom
  const x = (time: number) => margin.left + ((time - from) / (to - from)) * (right - margin.left)
  const y = (value: number) => bottom - ((value - low) / (high - low)) * (bottom - margin.top)

  for (const tick of ticks) {
    const at = Math.round(y(tick))
    fill(picture, [margin.left, at - 1], [right, at + 1], grid)
    write(picture, tickText(tick, unit), margin.left - 12, at - Math.floor(textHeight(3) / 2), 3, ink)
  }
  const clock = new Intl.DateTimeFormat('it', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: zone })
  for (const time of hoursWithin(from, to)) {
    const at = Math.round(x(time))
    fill(picture, [at - 1, bottom], [at + 1, bottom + 8], ink)
    write(picture, clock.format(time), Math.min(at + 44, right), bottom + 16, 3, ink)
  }
  const step = times.length > 1 ? (times[1] as number) - (times[0] as number) : to - from
  for (const run of runsOf(times, values)) {
    const points = run.map(([time, value]): Point => [x(time + step / 2), y(value)])
    shade(picture, points, bottom)
    strokeLine(picture, points, 5, line)
  }
  for (const [limit, colour] of [
    [warning, limits.warning],
    [critical, limits.critical],
  ] as const)
    if (limit !== null) dashes(picture, Math.round(y(limit)), right, colour)
  return picture
}

/** Neighbouring values; a hole in the data stays a hole. */
function runsOf(times: readonly number[], values: readonly (number | null)[]): [time: number, value: number][][] {
  const runs: [number, number][][] = []
  let before = false
  for (const [n, value] of values.entries()) {
    const time = times[n]
    if (value !== null && time !== undefined) {
      if (!before) runs.push([])
      runs.at(-1)?.push([time, value])
    }
    before = value !== null
  }
  return runs
}

/** The area below the line, faintly. */
function shade(picture: Picture, points: readonly Point[], bottom: number): void {
  for (const [n, to] of points.slice(1).entries()) {
    const from = points[n] as Point
    for (let column = Math.ceil(from[0]); column < Math.ceil(to[0]); column++) {
      const share = (column - from[0]) / (to[0] - from[0])
      const top = Math.round(from[1] + share * (to[1] - from[1]))
      fill(picture, [column, top], [column + 1, bottom], line, 0.1)
    }
  }
}

function dashes(picture: Picture, at: number, right: number, colour: Colour): void {
  for (let left = margin.left; left < right; left += 20)
    fill(picture, [left, at - 1], [Math.min(left + 12, right), at + 2], colour)
}

/** Three to six round numbers around the values; percent begin at 0. */
export function ticksFor(values: readonly number[], unit: string): number[] {
  const lowest = Math.min(...values, unit === '%' ? 0 : Number.POSITIVE_INFINITY)
  const highest = Math.max(...values)
  const span = highest - lowest || Math.abs(highest) || 1
  const rough = span / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) as number)
  const first = Math.floor(lowest / step)
  const last = Math.max(Math.ceil(highest / step), first + 2)
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)))
}

/** `95%`, `1.5G`: as short as a number at an axis has to be. */
export function tickText(value: number, unit: string): string {
  const [factor, letter] = scales.find(([from]) => Math.abs(value) >= 10 * from) ?? [1, '']
  return `${Number((value / factor).toPrecision(3))}${letter}${unit === '%' ? '%' : ''}`
}
const scales = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

function hoursWithin(from: number, to: number): number[] {
  const hour = 3_600_000
  const first = Math.ceil((from + hour / 6) / hour) * hour
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / hour)) }, (_, n) => first + n * hour)
}
