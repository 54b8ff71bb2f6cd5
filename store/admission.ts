/** What any backend takes in: one rule for all, so that a sample means the same wherever it is kept. */
import { AppError } from '../model/contract.ts'
import type { Sample, Tags } from '../model/sample.ts'

/** InfluxDB refuses series keys over 64 KiB; percent-encoding may treble a hostile value. */
const maxTagBytes = 16_384
const maxNameBytes = 200
/** How far ahead of us a host's clock may run before its samples are refused: a wrong year would open a table of its own. */
const maxAheadMs = 86_400_000

/** Tags as they name a series: sorted by key, no empty values (an empty tag is an absent tag), well-formed Unicode. */
export function canonicalTags(tags: Tags): Tags {
  const canonical: Record<string, string> = {}
  let size = 0
  for (const key of Object.keys(tags).sort()) {
    const value = (tags[key] as string).toWellFormed()
    if (value === '') continue
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
    Object.defineProperty(canonical, checkedName('tag', key), { value, enumerable: true })
  }
  if (size > maxTagBytes) throw new AppError('invalid', `sample: its tags take ${size} bytes (at most ${maxTagBytes})`)
  return canonical
}

/** The name itself, well formed; AppError('invalid') when it is empty or absurdly long. */
export function checkedName(kind: 'measurement' | 'tag' | 'field', name: string): string {
  if (name === '') throw new AppError('invalid', `sample: a ${kind} has no name`)
  if (Buffer.byteLength(name) > maxNameBytes)
    throw new AppError('invalid', `sample: ${kind} name "${name.slice(0, 40)}…" is longer than ${maxNameBytes} bytes`)
  return name.toWellFormed()
}

/** Whether a sample's time lies in what is kept: from `now - retention` to a day ahead of now. */
export function timeVerdict(time: number, now: number, retentionMs: number): 'kept' | 'too old' | 'in the future' {
  if (!Number.isSafeInteger(time)) throw new AppError('invalid', `sample: its time ${time} is not in whole milliseconds`)
  if (time < now - retentionMs || time < 0) return 'too old'
  return time > now + maxAheadMs ? 'in the future' : 'kept'
}

/** The sample without values that are no numbers; itself when there are none, null when nothing is left. */
export function finite(sample: Sample): Sample | null {
  let wrong = 0
  let count = 0
  for (const name in sample.fields) {
    count++
    if (!Number.isFinite(sample.fields[name])) wrong++
  }
  if (wrong === 0) return count === 0 ? null : sample
  if (wrong === count) return null
  const fields = Object.fromEntries(Object.entries(sample.fields).filter(([, value]) => Number.isFinite(value)))
  return { ...sample, fields }
}
