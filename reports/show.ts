/** Figures of a report as its reader writes them. Exact decimals stay exact: they never become floating-point numbers on the way. */
import { type Adjustment, whyOf } from '../model/closed-month.ts'
import { visible } from '../model/csv-text.ts'
import { priceDigits, printDecimal } from '../model/decimal.ts'
import type { PriceBook } from '../model/price-book.ts'
import { quantityDigits, type RatedRow } from '../model/rating.ts'
import type { Report, ReportGroup, ReportLine } from '../model/report.ts'
import { fill, type Language, words } from './words.ts'

const locales: Record<Language, string> = { en: 'en-GB', it: 'it-IT' }

export function shower(language: Language, zone: string, book: PriceBook | null) {
  const locale = locales[language]
  const number = (least: number, most: number, more: Intl.NumberFormatOptions = {}) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most, useGrouping: 'always', ...more })
  const [decimals, coins] = [book?.decimals ?? 4, book?.minorDigits ?? 2]
  const currency = { style: 'currency', currency: book?.currency ?? 'EUR' } as const
  const [amount, price, quantity, hours] = [
    number(decimals, decimals),
    number(2, priceDigits),
    number(2, quantityDigits),
    number(1, 1),
  ]
  const [payable, paid] = [number(coins, coins, currency), number(decimals, decimals, currency)]
  const plain = number(0, 0)
  const time = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
  const day = time({ day: 'numeric', month: 'long', year: 'numeric' })
  const short = time({ day: 'numeric', month: 'short' })
  const full = time({ dateStyle: 'medium', timeStyle: 'short' })
  const month = time({ month: 'long', year: 'numeric' })
  // Intl.NumberFormat reads decimal text exactly; its types know of numbers only
  const exact = (format: Intl.NumberFormat, text: string) => format.format(text as unknown as number)
  return {
    amount: (value: bigint) => exact(amount, printDecimal(value, decimals)),
    /** With the currency, all decimals of a line. */
    money: (value: bigint) => exact(paid, printDecimal(value, decimals)),
    /** With the currency, rounded to coins already. */
    paid: (value: bigint) => exact(payable, printDecimal(value, coins)),
    price: (value: bigint) => exact(price, printDecimal(value, priceDigits)),
    quantity: (value: bigint) => exact(quantity, printDecimal(value, quantityDigits)),
    percent: (value: bigint) => exact(number(0, 2), printDecimal(value, priceDigits)),
    hours: (value: number) => hours.format(value),
    count: (value: number) => plain.format(value),
    day: (at: number) => day.format(at),
    shortDay: (at: number) => short.format(at),
    full: (at: number) => full.format(at),
    month: (at: number) => month.format(at),
  }
}

export type Show = ReturnType<typeof shower>

/** `October 2026`, or both ends; the end is written as the last day that belongs to it. */
export function periodText({ month, from, to }: Pick<Report, 'month' | 'from' | 'to'>, show: Show): string {
  return month ? show.month(from) : `${show.day(from)} – ${show.day(to - 1)}`
}

export function titleOf({ subject }: Pick<Report, 'subject'>, language: Language): string {
  return subject.kind === 'cloud' ? words[language].cloud : visible(subject.name ?? subject.id ?? '')
}

/** `Instance m1.small · stopped` */
export function lineTitle({ item, what, state }: Pick<ReportLine, 'item' | 'what' | 'state'>, language: Language): string {
  const { items, states } = words[language]
  const plain = state === null || state === 'running' || state === 'in_use'
  return `${items[item]}${what === null ? '' : ` ${visible(what)}`}${plain ? '' : ` · ${states[state as Exclude<RatedRow['state'], null>]}`}`
}

export function groupTitle({ key, name, kind }: ReportGroup, names: ReadonlyMap<string, string>, language: Language): string {
  const text = visible(name ?? names.get(key) ?? key)
  const title = text === '' ? words[language].unknown : text
  return kind === null || kind === 'instance' ? title : `${title} (${words[language].kinds[kind]})`
}

/** `Adjustment of 20 Nov 2026: late or corrected facts: the bus was away` */
export function adjustmentTitle(one: Adjustment, language: Language, show: Show): string {
  const w = words[language]
  const { causes, note } = whyOf(one)
  const reason = [causes.map((cause) => w.causes[cause]).join('; '), visible(note)].filter(Boolean).join(': ')
  return fill(w.adjustmentOf, { at: show.full(one.madeAt), reason })
}

/** The notes at the end of a report: how, by which prices, what Nova says, what is missing. */
export function notesOf(report: Report, language: Language, show: Show): { title: string; text: string }[] {
  const w = words[language]
  const { book, nova, gaps } = report
  const rated = book
    ? `${fill(w.howRated, { decimals: book.decimals })} ${fill(w.prices, { lists: listsOf(report).join(', ') || '—', fingerprint: report.fingerprint ?? '' })}.`
    : w.howNothing
  const unpriced = report.unpricedHours > 0 ? ` ${fill(w.unpriced, { hours: show.hours(report.unpricedHours) })}` : ''
  const notes = [{ title: w.how, text: rated + unpriced }]
  if (nova) {
    const difference = nova.ledgerHours - nova.hours
    const sign = difference > 0 ? '+' : ''
    notes.push({
      title: w.nova,
      text: fill(w.novaText, {
        nova: show.hours(nova.hours),
        ledger: show.hours(nova.ledgerHours),
        difference: `${sign}${show.hours(difference)}`,
      }),
    })
  }
  const list = gaps
    ?.slice(0, 5)
    .map(
      (gap) =>
        `${[gap.service, gap.host, show.full(gap.from)].filter(Boolean).join(' ')}${gap.to === null ? '' : ` – ${show.full(gap.to)}`}`,
    )
  const complete =
    gaps === null
      ? w.completeUnknown
      : gaps.length === 0
        ? w.completeNone
        : fill(w.completeGaps, { count: gaps.length, list: `${list?.join('; ')}${gaps.length > 5 ? ' …' : ''}` })
  notes.push({ title: w.complete, text: complete })
  return notes
}

/** Names of the price lists that were used. */
export const listsOf = ({ rows }: Pick<Report, 'rows'>): string[] =>
  [...new Set(rows.filter(({ charges }) => charges.length > 0).map(({ list }) => list))].filter((list) => list !== null)
