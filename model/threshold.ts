/** Threshold ranges as monitoring plugins write them: `[@][start:]end`, both ends inclusive; alert outside, with `@` inside. */
import type { State } from './check.ts'

export interface Threshold {
  /** -Infinity for `~`. */
  start: number
  /** Infinity when left out after the colon. */
  end: number
  /** True for `@`: values inside alert. */
  inside: boolean
}

export type ParsedThreshold = { ok: true; threshold: Threshold } | { ok: false; message: string; position: number }

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Reads a range; `position` is the 0-based character where it goes wrong. */
export function parseThreshold(text: string): ParsedThreshold {
  const from = text.length - text.trimStart().length
  const body = text.trim()
  const wrong = (offset: number, message: string): ParsedThreshold => ({ ok: false, message, position: from + offset })
  if (body === '') return wrong(0, 'empty range (write for example 80, 10:, ~:5 or @10:20)')
  const inside = body.startsWith('@')
  const start = inside ? 1 : 0
  const colon = body.indexOf(':', start)
  const low = colon === -1 ? '' : body.slice(start, colon)
  const highAt = colon === -1 ? start : colon + 1
  const high = body.slice(highAt)
  if (low !== '' && low !== '~' && !number.test(low)) return wrong(start + firstWrong(low), `"${low}" is not a number or ~`)
  if (colon === -1 && high === '') return wrong(highAt, 'a number is missing')
  if (high !== '' && !number.test(high)) return wrong(highAt + firstWrong(high), `"${high}" is not a number`)
  const threshold: Threshold = {
    start: low === '~' ? Number.NEGATIVE_INFINITY : low === '' ? 0 : Number(low),
    end: high === '' ? Number.POSITIVE_INFINITY : Number(high),
    inside,
  }
  if (!Number.isFinite(threshold.start) && low !== '~') return wrong(start, `"${low}" is too large`)
  if (!Number.isFinite(threshold.end) && high !== '') return wrong(highAt, `"${high}" is too large`)
  if (threshold.start > threshold.end)
    return wrong(start, `the start ${threshold.start} is greater than the end ${threshold.end}`)
  return { ok: true, threshold }
}

/** Where the longest number that `text` begins with ends. */
function firstWrong(text: string): number {
  return (/^[+-]?(?:\d+\.?\d*|\.\d+)?(?:[eE][+-]?\d+)?/.exec(text)?.[0] ?? '').length
}

/** The canonical text of a range: parsing it gives the same range. */
export function printThreshold({ start, end, inside }: Threshold): string {
  const high = end === Number.POSITIVE_INFINITY ? '' : String(end)
  const low = start === Number.NEGATIVE_INFINITY ? '~:' : start === 0 && high !== '' ? '' : `${start}:`
  return `${inside ? '@' : ''}${low}${high}`
}

/** Does the value alert? */
export function alerts({ start, end, inside }: Threshold, value: number): boolean {
  return (value >= start && value <= end) === inside
}

/** Critical is judged before warning. */
export function judge(value: number, warning: Threshold | null, critical: Threshold | null): State {
  if (critical && alerts(critical, value)) return 'critical'
  return warning && alerts(warning, value) ? 'warning' : 'ok'
}
