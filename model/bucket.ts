/** Samples of one series between two instants, as the store adds them up, and what is made of several of them. Pure. */

/** At least one sample; `time` is the bucket's start, epoch ms. */
export interface Bucket {
  time: number
  sum: number
  count: number
  min: number
  max: number
  last: number
}

export const aggregations = ['mean', 'min', 'max', 'p95', 'last'] as const
export type Aggregation = (typeof aggregations)[number]

export const meanOf = ({ sum, count }: Bucket): number => sum / count

/** null = no samples: that is no number, and above all not 0. `p95` is taken over the means of the buckets. */
export function aggregated(buckets: readonly Bucket[], how: Aggregation): number | null {
  const newest = buckets.at(-1)
  if (newest === undefined) return null
  switch (how) {
    case 'mean':
      return buckets.reduce((all, { sum }) => all + sum, 0) / buckets.reduce((all, { count }) => all + count, 0)
    case 'min':
      return buckets.reduce((least, { min }) => Math.min(least, min), Number.POSITIVE_INFINITY)
    case 'max':
      return buckets.reduce((most, { max }) => Math.max(most, max), Number.NEGATIVE_INFINITY)
    case 'last':
      return newest.last
    case 'p95':
      return percentile(buckets.map(meanOf), 0.95)
  }
}

/** The smallest value that is not below `share` of all of them (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}

/** The part in percent of the whole, bucket by bucket; where the whole is unknown or 0 there is no share. */
export function shareOf(parts: readonly Bucket[], wholes: readonly Bucket[]): Bucket[] {
  const byTime = new Map(wholes.map((whole) => [whole.time, whole]))
  return parts.flatMap((part) => {
    const whole = byTime.get(part.time)
    if (!whole || meanOf(whole) === 0) return []
    const share = (value: number) => (100 * value) / meanOf(whole)
    const mean = share(meanOf(part))
    return [
      {
        time: part.time,
        count: part.count,
        sum: mean * part.count,
        min: share(part.min),
        max: share(part.max),
        last: share(part.last),
      },
    ]
  })
}
