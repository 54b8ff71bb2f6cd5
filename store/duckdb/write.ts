import { AppError } from '../../model/contract.ts'
import type { Sample, Tags } from '../../model/sample.ts'
import { canonicalTags, checkedName, finite, timeVerdict } from '../admission.ts'
import { type Arrival, amendment, byWindow, sortArrivals } from './arrivals.ts'
import type { Holdings } from './holdings.ts'
import { windowOf } from './names.ts'
import { samplesAt } from './read.ts'

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
  const refused: Refused = { 'too old': 0, 'in the future': 0 }
  const samples: Sample[] = []
  for (const sample of batch) {
    const verdict = timeVerdict(sample.time, kept.now, kept.retentionMs)
    if (verdict !== 'kept') {
      refused[verdict]++
      continue
    }
    const clean = finite(sample)
    if (clean) samples.push(clean)
  }
  if (samples.length === 0) return refused
  const arrivals = withSeries(holdings, samples)
  const { fresh, suspects } = sortArrivals(arrivals, (sid) => holdings.newest(sid))
  const rows = suspects.length === 0 ? fresh : [...fresh, ...(await settled(holdings, suspects))]
  if (rows.length === 0) return refused
  try {
    await holdings.hot.append(byWindow(rows))
  } catch (error) {
    holdings.doubtNewest()
    throw holdings.engine.failure(error)
  }
  for (const { sid, sample } of rows) {
    if (sample.time < holdings.newest(sid)) continue
    holdings.setNewest(sid, sample.time)
    holdings.latest.set(sid, sample)
  }
  return refused
}

/** Gives each sample the id of its series; new tag sets get theirs in the catalog first. */
function withSeries(holdings: Holdings, samples: readonly Sample[]): Arrival[] {
  const added = new Map<string, { measurement: string; tags: Tags; arrivals: Arrival[] }>()
  const arrivals = samples.map((sample) => {
    const index = holdings.index(sample.measurement)
    const spelling = JSON.stringify(sample.tags)
    const known = index?.find(spelling)
    if (known !== undefined) return { sid: known, sample }
    const tags = canonicalTags(sample.tags)
    const canonical = JSON.stringify(tags)
    const sid = index?.find(canonical)
    if (sid !== undefined) {
      index?.alias(spelling, sid)
      return { sid, sample }
    }
    const arrival = { sid: -1, sample }
    const key = `${sample.measurement.length} ${sample.measurement} ${canonical}`
    const entry = added.get(key)
    if (entry) entry.arrivals.push(arrival)
    else added.set(key, { measurement: checkedName('measurement', sample.measurement), tags, arrivals: [arrival] })
    return arrival
  })
  if (added.size > 0) register(holdings, [...added.values()])
  return arrivals
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
  for (const { measurement, window, sids, samples } of byWindow(suspects)) {
    const wanted = samples.map((sample, i) => ({ sid: sids[i] as number, time: sample.time }))
    const stored = await samplesAt(holdings, measurement, wanted)
    let amended = false
    samples.forEach((sample, i) => {
      const sid = sids[i] as number
      const before = stored.get(`${sid} ${sample.time}`)
      const row = before ? amendment(before, sample) : sample
      if (!row) return
      if (before) amended = true
      rows.push({ sid, sample: row })
    })
    if (!amended) continue
    holdings.catalog.markAmended(measurement, windowOf(window))
    holdings.setAmended(measurement, window, true)
  }
  return rows
}
