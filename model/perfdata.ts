/** Performance data: `'label'=value[UOM];[warn];[crit];[min];[max]`, items separated by blanks. */
import type { Perfdata } from './check.ts'

export interface ParsedPerfdata {
  items: Perfdata[]
  /** Items that could not be understood, as they were written. */
  rejected: string[]
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/
const unit = /^[^\s;=\d'.,_-][^\s;='.,_]*$|^$/

/** Takes a whole perfdata text apart. A label `group::name` lends its `group::` to the items after it (check_multi's way). */
export function parsePerfdata(text: string): ParsedPerfdata {
  const parsed: ParsedPerfdata = { items: [], rejected: [] }
  let prefix = ''
  for (const raw of splitItems(text)) {
    const item = parseItem(raw)
    if (!item) {
      parsed.rejected.push(raw)
      continue
    }
    const at = item.label.lastIndexOf('::')
    if (at !== -1) prefix = item.label.slice(0, at + 2)
    else if (prefix !== '') item.label = prefix + item.label
    parsed.items.push(item)
  }
  return parsed
}

/** Blanks separate, except between the quotes of a label. */
function splitItems(text: string): string[] {
  const items: string[] = []
  let item = ''
  let quoted = false
  for (const char of text) {
    if (char === "'") quoted = !quoted
    if (!quoted && /\s/.test(char)) {
      if (item !== '') items.push(item)
      item = ''
    } else item += char
  }
  if (item !== '') items.push(item)
  return items
}

function parseItem(raw: string): Perfdata | null {
  const equals = raw.lastIndexOf('=')
  if (equals < 1) return null
  const label = unquote(raw.slice(0, equals))
  const [measured = '', warn = '', crit = '', min = '', max = ''] = raw.slice(equals + 1).split(';')
  const value = measure(measured)
  const low = bound(min)
  const high = bound(max)
  if (label === null || !value || commaDecimal(warn) || commaDecimal(crit) || commaDecimal(min) || commaDecimal(max)) return null
  return {
    label,
    ...value,
    ...(warn === '' ? {} : { warn }),
    ...(crit === '' ? {} : { crit }),
    ...(low === null ? {} : { min: low }),
    ...(high === null ? {} : { max: high }),
  }
}

function unquote(label: string): string | null {
  if (!label.startsWith("'")) return label
  if (label.length < 3 || !label.endsWith("'")) return null
  return label.slice(1, -1).replaceAll("''", "'")
}

/** `U` (with or without a unit) is a value that could not be had. */
function measure(text: string): { value: number | null; unit: string } | null {
  const digits = decimal.exec(text)?.[0]
  const rest = text.slice(digits?.length ?? 1)
  if (digits === undefined && !text.startsWith('U')) return null
  if (!unit.test(rest) || /^x[\da-f]/i.test(rest)) return null // 0x10 is not zero of the unit "x10"
  const value = digits === undefined ? null : Number(digits)
  return value === null || Number.isFinite(value) ? { value, unit: rest } : null
}

function bound(text: string): number | null {
  const value = decimal.exec(text)?.[0] === text && text !== '' ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : null
}

/** "1,5" is a locale's mistake: guessing its meaning would store a wrong number. */
const commaDecimal = (text: string) => /\d,\d/.test(text)

/** The text a monitoring plugin would print; parsing it gives the same items. */
export function printPerfdata(items: readonly Perfdata[]): string {
  return items.map(printItem).join(' ')
}

function printItem({ label, value, unit, warn = '', crit = '', min, max }: Perfdata): string {
  const name = /[\s='"]/.test(label) || label === '' ? `'${label.replaceAll("'", "''")}'` : label
  const fields = [`${value === null ? 'U' : value}${unit}`, warn, crit, min ?? '', max ?? '']
  while (fields.length > 1 && fields.at(-1) === '') fields.pop()
  return `${name}=${fields.join(';')}`
}
