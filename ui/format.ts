/** Numbers, units and times as people read them. Absent values are a dash, never a zero. */
import { durationText, thin } from './duration.ts'
import { type Language, localeNames } from './i18n.ts'

const dash = '—'
const dayLetter: Record<Language, string> = { en: 'd', it: 'g' }

type Maybe = number | null | undefined
const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

export function formatter(language: Language, zone: string) {
  const locale = localeNames[language]
  const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: 'always' })
  const fixed = [0, 1, 2].map(
    (digits) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: 'always' }),
  )
  const small = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 })
  const time = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
  const clock = time({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const minute = time({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const day = time({ day: 'numeric', month: 'short', year: 'numeric' })
  const shift = time({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const month = time({ month: 'long', year: 'numeric' })
  const full = time({
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })

  /** Three significant digits, but never fewer than the whole part has. */
  const figure = (value: Maybe): string => {
    if (!known(value)) return dash
    const size = Math.abs(value)
    if (Number.isInteger(value) || size >= 99.95) return integer.format(value)
    return size >= 9.995 ? fixed[1]!.format(value) : size >= 0.995 ? fixed[2]!.format(value) : small.format(value)
  }
  const scaled = (value: Maybe, base: number, names: readonly string[]): string => {
    if (!known(value)) return dash
    const size = Math.abs(value)
    const power = size < base ? 0 : Math.min(names.length - 1, Math.floor(Math.log(size) / Math.log(base)))
    return `${figure(value / base ** power)}${thin}${names[power]}`
  }
  return {
    language,
    zone,
    figure,
    /** All digits, grouped. */
    count: (value: Maybe) => (known(value) ? integer.format(value) : dash),
    /** Hours and their products: one decimal, grouped; what is less than a hundredth, but not nothing, is said so. */
    hours: (value: Maybe) => {
      if (!known(value)) return dash
      if (value > 0 && value < 0.01) return `<${thin}${fixed[2]!.format(0.01)}`
      return fixed[value === 0 ? 0 : Math.abs(value) < 10 ? 2 : 1]!.format(value)
    },
    /** Nobody needs to know how much less than a tenth of a percent it is. */
    percent: (value: Maybe) =>
      known(value) ? (value > 0 && value < 0.1 ? `<${thin}${figure(0.1)}${thin}%` : `${figure(value)}${thin}%`) : dash,
    bytes: (value: Maybe) => scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']),
    byteRate: (value: Maybe) => scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s']),
    bitRate: (value: Maybe) => scaled(known(value) ? value * 8 : value, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']),
    /** Nova's MiB as people say it: 512 MiB, 16 GiB. */
    memory: (mebibytes: Maybe) =>
      scaled(known(mebibytes) ? mebibytes * 1024 ** 2 : mebibytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']),
    /** The two largest units: `8 s`, `2 m 10 s`, `1 h 2 m`, `41 d 3 h`. */
    duration: (ms: Maybe) => (known(ms) ? durationText(ms, dayLetter[language]) : dash),
    clock: (at: Maybe) => (known(at) ? clock.format(at) : dash),
    minute: (at: Maybe) => (known(at) ? minute.format(at) : dash),
    day: (at: Maybe) => (known(at) ? day.format(at) : dash),
    month: (at: Maybe) => (known(at) ? month.format(at) : dash),
    /** When somebody hands over: `Mon, 30 Nov, 09:00`. */
    shift: (at: Maybe) => (known(at) ? shift.format(at) : dash),
    full: (at: Maybe) => (known(at) ? full.format(at) : dash),
    iso: (at: Maybe) => (known(at) ? new Date(at).toISOString() : ''),
  }
}

export type Formatter = ReturnType<typeof formatter>
