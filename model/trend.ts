/** A straight line through what was measured, where it leads, and how sure that is. Pure; times are epoch ms. */

export interface Point {
  time: number
  value: number
}

export interface Trend {
  /** Per millisecond. */
  slope: number
  /** What the line says at the last point. */
  value: number
  time: number
  /** Half the width of the 95 % confidence interval of the slope. */
  slopeError: number
  /** Share of the changes that the line explains, 0…1. */
  fit: number
}

/** Student's t, two-sided 95 %, by degrees of freedom; beyond the table it is that of the normal distribution, nearly. */
const t95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09]
const studentOf = (freedom: number) => t95[freedom - 1] ?? (freedom < 40 ? 2.05 : 1.98)

/** Least squares; null for fewer than three points or points of one instant. */
export function trendOf(points: readonly Point[]): Trend | null {
  const n = points.length
  const last = points.at(-1)
  if (!last || n < 3) return null
  const meanTime = points.reduce((sum, { time }) => sum + (time - last.time), 0) / n
  const meanValue = points.reduce((sum, { value }) => sum + value, 0) / n
  let timeSquares = 0
  let products = 0
  let valueSquares = 0
  for (const { time, value } of points) {
    const [t, v] = [time - last.time - meanTime, value - meanValue]
    timeSquares += t * t
    products += t * v
    valueSquares += v * v
  }
  if (timeSquares === 0) return null
  const slope = products / timeSquares
  const rest = Math.max(0, valueSquares - slope * products)
  const slopeError = studentOf(n - 2) * Math.sqrt(rest / (n - 2) / timeSquares)
  return {
    ...{ slope, slopeError, time: last.time, value: meanValue - slope * meanTime },
    fit: valueSquares === 0 ? 1 : Math.max(0, 1 - rest / valueSquares),
  }
}

export interface Reaching {
  /** ms from the last point; Infinity = it does not lead there, or nobody can tell that it does. */
  expected: number
  /** With 95 % confidence not before, and not after. */
  earliest: number
  latest: number
}

/** When the line reaches a level; 0 = it is there already. A slope that may as well be flat leads nowhere. */
export function reaching({ slope, slopeError, value }: Trend, level: number, rising: boolean): Reaching {
  const distance = rising ? level - value : value - level
  if (distance <= 0) return { expected: 0, earliest: 0, latest: 0 }
  const towards = rising ? slope : -slope
  const after = (pace: number) => (pace > 0 ? distance / pace : Number.POSITIVE_INFINITY)
  const earliest = after(towards + slopeError)
  const latest = after(towards - slopeError)
  return { expected: latest === Number.POSITIVE_INFINITY ? latest : after(towards), earliest, latest }
}
