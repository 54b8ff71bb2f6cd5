import { type ParsedRange, parseRange, presets, type TimeRange } from '../model/range.ts'
import type { Reply } from './route.ts'
import { linkTo, text, type Visit } from './visit.ts'

/** The range that the address asks for, or the page's own. */
export function rangeOf(visit: Visit, from: string, to = 'now'): ParsedRange {
  return parseRange(text(visit, 'from') ?? from, text(visit, 'to') ?? to, visit.now, visit.zone)
}

/** 400, with what was typed still in the fields and the summary linking to the wrong one. */
export function wrongRange(visit: Visit, wrong: 'from' | 'to' | 'order' | 'span'): Reply {
  const field = wrong === 'from' ? 'from' : 'to'
  const others = [...visit.query].filter(([name]) => name !== 'from' && name !== 'to').map(([name, value]) => ({ name, value }))
  return {
    kind: 'page',
    status: 400,
    view: 'wrong-range',
    title: visit.t('range.wrong.title'),
    model: {
      message: visit.t(`range.wrong.${wrong}`),
      field,
      action: visit.path,
      from: visit.query.get('from')?.slice(0, 200) ?? '',
      to: visit.query.get('to')?.slice(0, 200) ?? '',
      wrongFrom: field === 'from',
      wrongTo: field === 'to',
      others,
      home: visit.path,
    },
  }
}

/** The range control's model: presets as links that keep every other parameter. */
export function rangeControl(visit: Visit, range: TimeRange) {
  const items = presets.map(({ name, from, to }) => ({
    title: visit.t(`range.${name}`),
    href: linkTo(visit, { from, to, before: null }),
    chosen: range.fromText === from && range.toText === to,
  }))
  const others = [...visit.query]
    .filter(([name]) => !['from', 'to', 'before'].includes(name))
    .map(([name, value]) => ({ name, value }))
  return {
    items,
    others,
    action: visit.path,
    from: range.fromText,
    to: range.toText,
    live: range.live,
    title: items.find(({ chosen }) => chosen)?.title ?? rangeTitle(visit, range),
    frozen: linkTo(visit, { from: visit.show.iso(range.from), to: visit.show.iso(range.to) }),
  }
}

/** `22 Nov 2026 12:00 – 18:00`, or both days when it spans more than one. */
export function rangeTitle({ show }: Pick<Visit, 'show'>, { from, to }: { from: number; to: number }): string {
  const [a, b] = [show.day(from), show.day(to)]
  if (a === b) return `${a} ${show.minute(from)} – ${show.minute(to)}`
  if (show.minute(from) === '00:00' && show.minute(to) === '00:00') return `${a} – ${show.day(to - 1)}`
  return `${a} ${show.minute(from)} – ${b} ${show.minute(to)}`
}
