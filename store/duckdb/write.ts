import { AppError } from '../../model/contract.ts'
import type { Sample, Tags } from '../../model/sample.ts'
import { canonicalTags, checkedName, timeVerdict } from '../admission.ts'
import { entryOf } from '../entry-of.ts'
import type { SeriesIndex } from '../series-index.ts'
import { type Arrival, amendment, byWindow, type Part, sortArrivals } from './arrivals.ts'
import type { Holdings } from './holdings.ts'
import { samplesAt } from './read.ts'
import type { HotRows, Stage } from './stage.ts'

const maxSeries = 1_000_000

/** Samples that were not taken, by reason. */
export interface Refused {
  'too old': number
  'in the future': number
}

/** Stores a batch; the caller has taken its turn. Durable when it resolves; nothing of it is stored when it rejects. */
export async function writeBatch(
  holdings: Holdings,
  batch: readonly Sample[],
  kept: { now: number; retentionMs: number },
): Promise<Refused> {
  await holdings.refreshIfDoubtful()
  const refused = await write(holdings, batch, kept)
  holdings.batchSucceeded()
  return refused
}

async function write(holdings: Holdings, batch: readonly Sample[], kept: { now: number; retentionMs: number }): Promise<Refused> {
  const refused: Refused = { 'too old': 0, 'in the future': 0 }
  const stages = holdings.clearedStages()
  const arrivals: Arrival[] = []
  for (const sample of batch) {
    const verdict = timeVerdict(sample.time, kept.now, kept.retentionMs)
    if (verdict !== 'kept') refused[verdict]++
    else {
      const { row, count, finite } = stages.of(sample.measurement).add(sample.fields)
      if (finite > 0) arrivals.push({ sid: -1, sample: finite === count ? sample : withoutNonsense(sample), row })
    }
  }
  if (arrivals.length === 0) return refused
  nameSeries(holdings, arrivals)
  const { fresh, suspects } = sortArrivals(arrivals, (sid) => holdings.newest(sid))
  const added = suspects.length === 0 ? fresh : [...fresh, ...(await settled(holdings, suspects))]
  if (added.length === 0) return refused
  const rows = byWindow(added).map((part) => staged(part, stages.of(part.measurement)))
  try {
    await holdings.hot.append(rows)
  } catch (error) {
    holdings.doubtNewest()
    throw holdings.engine.failure(error)
  }
  for (const { sid, sample } of added) {
    if (sample.time < holdings.newest(sid)) continue
    holdings.setNewest(sid, sample.time)
    holdings.latest.set(sid, sample)
  }
  return refused
}

const withoutNonsense = (sample: Sample): Sample => ({
  ...sample,
  fields: Object.fromEntries(Object.entries(sample.fields).filter(([, value]) => Number.isFinite(value))),
})

/** Rows as tables take them; samples that were merged meanwhile are staged anew. */
function staged({ measurement, window, arrivals }: Part, stage: Stage): HotRows {
  return {
    measurement,
    window,
    stage,
    sids: arrivals.map(({ sid }) => sid),
    times: arrivals.map(({ sample }) => sample.time),
    rows: arrivals.map(({ row, sample }) => row ?? stage.add(sample.fields).row),
  }
}

/** Gives each sample the id of its series; new tag sets get theirs in the catalog first. */
function nameSeries(holdings: Holdings, arrivals: readonly Arrival[]): void {
  const added = new Map<string, { measurement: string; tags: Tags; arrivals: Arrival[] }>()
  let before = -1
  for (const arrival of arrivals) {
    const { measurement, tags } = arrival.sample
    const index = holdings.index(measurement)
    arrival.sid = index?.expected(before, tags) ?? -1
    if (arrival.sid < 0) {
      arrival.sid = index ? find(index, tags) : -1
      if (arrival.sid >= 0) index?.expect(before, arrival.sid)
      else {
        const canonical = canonicalTags(tags)
        const make = () => ({ measurement: checkedName('measurement', measurement), tags: canonical, arrivals: [] })
        entryOf(added, JSON.stringify([measurement, canonical]), make).arrivals.push(arrival)
      }
    }
    before = arrival.sid
  }
  if (added.size > 0) register(holdings, [...added.values()])
}

/** -1 when the tag set is new. */
function find(index: SeriesIndex, tags: Tags): number {
  const spelling = JSON.stringify(tags)
  const known = index.find(spelling)
  if (known !== undefined) return known
  const sid = index.find(JSON.stringify(canonicalTags(tags)))
  if (sid === undefined) return -1
  index.alias(spelling, sid)
  return sid
}

function register(holdings: Holdings, added: readonly { measurement: string; tags: Tags; arrivals: Arrival[] }[]): void {
  let series = added.length
  for (const index of holdings.indexes) series += index.size
  if (series > maxSeries) throw new AppError('invalid', `samples: more than ${maxSeries} series; new ones are not taken`)
  for (const { measurement } of added) holdings.indexOf(measurement)
  const sids = holdings.catalog.addSeries(added)
  added.forEach(({ measurement, tags, arrivals }, i) => {
    const sid = sids[i] as number
    holdings.indexOf(measurement).add(sid, tags)
    for (const arrival of arrivals) arrival.sid = sid
  })
}

/** Of samples that may be there already: those that are not, and those that say something else than what is there. */
async function settled(holdings: Holdings, suspects: readonly Arrival[]): Promise<Arrival[]> {
  const rows: Arrival[] = []
  for (const { measurement, window, arrivals } of byWindow(suspects)) {
    const wanted = arrivals.map(({ sid, sample }) => ({ sid, time: sample.time }))
    const stored = await samplesAt(holdings, measurement, wanted)
    let amended = false
    for (const arrival of arrivals) {
      const before = stored.get(`${arrival.sid} ${arrival.sample.time}`)
      if (!before) {
        rows.push(arrival)
        continue
      }
      const sample = amendment(before, arrival.sample)
      if (!sample) continue
      amended = true
      rows.push({ ...arrival, sample, row: null })
    }
    if (!amended) continue
    holdings.catalog.markAmended(measurement, window)
    holdings.setAmended(measurement, window, true)
  }
  return rows
}
