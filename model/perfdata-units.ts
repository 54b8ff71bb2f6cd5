/** Units of measurement in perfdata, brought to a base unit so that milliseconds and seconds can share an axis. */
import type { Perfdata } from './check.ts'

export interface BaseUnit {
  /** Word for the unit, '' when it is unknown or none. */
  unit: string
  factor: number
  /** `c`: a number that only grows. */
  counter: boolean
}

const decimalPrefixes: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15, e: 1e18, z: 1e21, y: 1e24 }
const siPrefixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
}
const electric: Record<string, string> = {
  W: 'watts',
  A: 'amperes',
  V: 'volts',
  O: 'ohms',
  As: 'ampere-seconds',
  Wh: 'watt-hours',
}
const times: Record<string, number> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 }
const single: Record<string, string> = {
  '%': 'percent',
  C: 'degrees-celsius',
  F: 'degrees-fahrenheit',
  K: 'degrees-kelvin',
  lm: 'lumens',
  dBm: 'decibel-milliwatts',
  packets: 'packets',
}

/** Letters as Icinga reads them: `m` is minutes, KB 1000 bytes, KiB 1024, a small `b` bits. */
export function baseUnit(text: string): BaseUnit {
  const plain = (unit: string, factor = 1): BaseUnit => ({ unit, factor, counter: false })
  if (text === 'c') return { unit: '', factor: 1, counter: true }
  const time = times[text]
  if (time !== undefined) return plain('seconds', time)
  const known = single[text]
  if (known !== undefined) return plain(known)
  const data = /^([kmgtpezy]?)(i?)([bB])$/i.exec(text)
  if (data) {
    const prefix = (data[1] as string).toLowerCase()
    const step = 'kmgtpezy'.indexOf(prefix) + 1
    const factor = prefix === '' ? 1 : data[2] ? 1024 ** step : (decimalPrefixes[prefix] as number)
    if (prefix !== '' || !data[2]) return plain(data[3] === 'b' ? 'bits' : 'bytes', factor)
  }
  const physical = /^([numkKMGTPE]?)(W|A|V|O|As|Wh)$/.exec(text)
  if (physical) return plain(electric[physical[2] as string] as string, siPrefixes[physical[1] as string] as number)
  return plain('')
}

export interface BasePerfdata {
  label: string
  value: number | null
  unit: string
  counter: boolean
  /** Plain numbers only: a range such as `10:20` has no single number. */
  warn: number | null
  crit: number | null
  min: number | null
  max: number | null
}

/** An item in base units. */
export function toBase(item: Perfdata): BasePerfdata {
  const { unit, factor, counter } = baseUnit(item.unit)
  const scale = (value: number | null | undefined) => (value === null || value === undefined ? null : value * factor)
  const limit = (text: string | undefined) =>
    text !== undefined && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null
  return {
    label: item.label,
    value: scale(item.value),
    unit,
    counter,
    warn: scale(limit(item.warn)),
    crit: scale(limit(item.crit)),
    min: scale(item.min),
    max: scale(item.max),
  }
}
