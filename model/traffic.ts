/** Rates that were measured → bytes that went over the wire. Pure. */
import type { RangeResult } from './sample.ts'

export const trafficFields = ['net_rx_bytes', 'net_tx_bytes'] as const
export const trafficAggregates = ['sum', 'count'] as const
export const trafficTags = ['instance', 'project', 'user', 'host', 'flavor'] as const
export const trafficStep = 3_600_000

export interface Traffic {
  instance: string
  project: string | null
  user: string | null
  host: string | null
  flavor: string | null
  /** Of the hour, epoch ms. */
  from: number
  in: number
  out: number
}

/**
 * Each sample's rate is the mean over the polling interval that ends with it, so bytes = sum of the rates × interval. The interval is
 * not in the samples: it is an hour ÷ the most readings that any guest of the same host gave in one hour. A guest that was only
 * there for a part of the hour gave fewer readings and is charged for those alone; a reading that was missed is not invented.
 */
export function trafficOf({ times, series }: RangeResult): Traffic[] {
  const most = new Map<string, number>()
  for (const { tags, aggregate, values } of series) {
    if (aggregate !== 'count') continue
    const host = tags.host ?? ''
    for (const value of values) if (value !== null) most.set(host, Math.max(most.get(host) ?? 0, value))
  }
  const found = new Map<string, Traffic>()
  for (const { tags, field, aggregate, values } of series) {
    if (aggregate !== 'sum') continue
    const seconds = 3600 / Math.max(1, most.get(tags.host ?? '') ?? 1)
    for (const [index, value] of values.entries()) {
      if (value === null || value === 0) continue
      const from = times[index] as number
      const key = `${trafficTags.map((tag) => tags[tag] ?? '').join('\0')}\0${from}`
      let one = found.get(key)
      if (!one) {
        const text = (tag: (typeof trafficTags)[number]) => (tags[tag] ? (tags[tag] as string) : null)
        one = {
          instance: tags.instance ?? '',
          project: text('project'),
          user: text('user'),
          host: text('host'),
          flavor: text('flavor'),
          from,
          in: 0,
          out: 0,
        }
        found.set(key, one)
      }
      one[field === 'net_rx_bytes' ? 'in' : 'out'] += value * seconds
    }
  }
  return [...found.values()].sort((a, b) => compare(a.project, b.project) || compare(a.instance, b.instance) || a.from - b.from)
}

const compare = (a: string | null, b: string | null) => ((a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0)
