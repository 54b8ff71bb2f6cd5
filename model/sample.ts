/** Names a series: instance, project, user, host, flavor, device … Values are ids, never display names. */
export type Tags = Readonly<Record<string, string>>

/** One reading: several numbers of one measurement at one instant. `time` is epoch milliseconds, UTC. */
export interface Sample {
  measurement: string
  tags: Tags
  fields: Readonly<Record<string, number>>
  time: number
}

export type Aggregate = 'mean' | 'min' | 'max' | 'last' | 'sum' | 'count'

/** Which series: each tag equals the value, or one of the values. An empty list matches nothing. */
export type Where = Readonly<Record<string, string | readonly string[]>>

export interface RangeQuery {
  measurement: string
  fields: readonly string[]
  where: Where
  /** Epoch ms; `from` inclusive, `to` exclusive; buckets are aligned to multiples of `step` since the epoch. */
  from: number
  to: number
  step: number
  aggregates: readonly Aggregate[]
  /** The tags that tell the result's series apart; samples of other tag sets are pooled (an instance that moved keeps one line). */
  groupBy: readonly string[]
}

export interface Series {
  tags: Tags
  field: string
  aggregate: Aggregate
  /** One value per bucket of `RangeResult.times`; null = no data, never interpolated. */
  values: readonly (number | null)[]
}

export interface RangeResult {
  /** Start of each bucket, epoch ms, ascending, all buckets of the range present. */
  times: readonly number[]
  /** Sorted by tags, then field, then aggregate; groups with no data at all are absent. */
  series: readonly Series[]
}

export interface LatestQuery {
  measurement: string
  where: Where
  /** Only samples not older than this instant, epoch ms. */
  since: number
}

/** Per-write outcome is all or nothing: a resolved `write` means durable as far as the backend promises. */
export interface SampleStore {
  readonly kind: string
  /** Idempotent per (measurement, tags, time): a replay changes no query. */
  write(batch: readonly Sample[]): Promise<void>
  range(query: RangeQuery): Promise<RangeResult>
  /** The newest sample of each series (tag set). */
  latest(query: LatestQuery): Promise<Sample[]>
  close(): Promise<void>
}
