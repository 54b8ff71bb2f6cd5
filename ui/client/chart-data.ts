const timeoutMs = 15_000

export interface Wanted {
  measurement: string
  id: string
  from: string
  to: string
  fields: readonly string[]
  band: readonly string[]
  marks: boolean
  points: number
}

export interface Mark {
  t: number
  title: string
  href?: string
}

/** What `/api/v1/series` answers. */
export interface SeriesData {
  from: number
  to: number
  step: number
  zone: string
  t: readonly number[]
  /** Of every field asked for, also of those without data. */
  titles: Readonly<Record<string, string>>
  series: readonly {
    field: string
    aggregate: 'mean' | 'min' | 'max'
    /** Which vCPU, disk or interface, where there are several. */
    tags?: { readonly device?: string }
    unit: string
    title: string
    v: readonly (number | null)[]
  }[]
  marks: readonly Mark[]
}

export async function loadSeries({ fields, band, marks, points, ...rest }: Wanted): Promise<SeriesData> {
  const query = new URLSearchParams({ ...rest, points: String(Math.round(points)), marks: marks ? '1' : '0' })
  for (const field of fields) query.append('field', field)
  for (const field of band) query.append('band', field)
  const response = await fetch(`/api/v1/series?${query}`, { signal: AbortSignal.timeout(timeoutMs) })
  if (!response.ok) throw new Error(`${response.status}`)
  return (await response.json()) as SeriesData
}

/** A column as numbers; no data is NaN, which breaks the line. Network counts bits. */
export function column(data: SeriesData, field: string, aggregate: string, unit: string, device?: string): number[] {
  const found = data.series.find(
    (series) =>
      series.field === field && series.aggregate === aggregate && (device === undefined || series.tags?.device === device),
  )
  const factor = unit === 'bit/s' ? 8 : 1
  return data.t.map((_t, index) => (found?.v[index] ?? Number.NaN) * factor)
}

/** More lines than this nobody can tell apart. */
const devicesAtMost = 6

/** What a chart draws, before it has colours: the fields, or the fields of each device (the busiest, in the order of their names). */
export function columns(data: SeriesData, fields: readonly string[], unit: string, byDevice: boolean) {
  const titleOf = (field: string) => data.titles[field] ?? field
  if (!byDevice)
    return fields.map((field, index) => ({
      ...{ key: field, title: titleOf(field), colour: index, dash: index },
      values: column(data, field, 'mean', unit),
    }))
  return busiest(data, fields).flatMap((device, colour) =>
    fields.map((field, dash) => ({
      ...{ key: `${device} ${field}`, title: fields.length > 1 ? `${device} ${titleOf(field)}` : device, colour },
      dash: dash * 2, // the second dash is the first that shows
      values: column(data, field, 'mean', unit, device),
    })),
  )
}

function busiest(data: SeriesData, fields: readonly string[]): string[] {
  const weights = new Map<string, number>()
  for (const { field, tags, v } of data.series)
    if (tags?.device !== undefined && fields.includes(field))
      weights.set(
        tags.device,
        v.reduce<number>((sum, value) => sum + (value ?? 0), weights.get(tags.device) ?? 0),
      )
  const chosen = [...weights].sort(([, a], [, b]) => b - a).slice(0, devicesAtMost)
  return chosen.map(([device]) => device).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

const ladders: Readonly<Record<string, { base: number; names: readonly string[] }>> = {
  B: { base: 1024, names: ['B', 'KiB', 'MiB', 'GiB', 'TiB'] },
  'B/s': { base: 1000, names: ['B/s', 'kB/s', 'MB/s', 'GB/s'] },
  'bit/s': { base: 1000, names: ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] },
}

/** The unit in which the largest value has one to three digits before the point. */
export function scaleFor(unit: string, most: number): { factor: number; name: string } {
  const ladder = ladders[unit]
  if (!ladder) return { factor: 1, name: unit }
  const power = Math.max(0, Math.min(ladder.names.length - 1, Math.floor(Math.log(Math.max(1, most)) / Math.log(ladder.base))))
  return { factor: ladder.base ** power, name: ladder.names[power] as string }
}

/** Numbers of the legend: of what is known only. */
export function statistics(values: readonly number[]) {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return null
  return {
    last: known.at(-1) as number,
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    max: Math.max(...known),
    min: Math.min(...known),
  }
}

/** One line of a chart, in the unit that is shown. */
export interface Line {
  /** Tells it from the other lines of its chart. */
  key: string
  title: string
  colour: string
  dash: number[]
  values: number[]
  shown: boolean
}

const digits = (value: number) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
export const numberText = (value: number) =>
  Number.isNaN(value)
    ? '—'
    : new Intl.NumberFormat(document.documentElement.lang === 'it' ? 'it-IT' : 'en-GB', {
        maximumFractionDigits: digits(value),
        useGrouping: 'always',
      } as Intl.NumberFormatOptions).format(value)
