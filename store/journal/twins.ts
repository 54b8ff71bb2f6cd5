/**
 * `notification_format=both` tells each fact twice. Canonical key: resource, type, phase, request, ±2 s; each row is paired
 * with one row at the most, the nearest. A legacy event without phase is its versioned `.end`.
 */
import type { CloudEvent, Phase } from '../../model/event.ts'
import type { Database } from './database.ts'

/** The same fact in the other format comes within this time, ms. */
const window = 2000

/** So many rows without a twin are remembered; the journal knows those of before. */
const remembered = 20_000

export interface Twins {
  /** Seq of the row that tells the same fact in the other format. */
  find(event: CloudEvent): number | null
  /** Pairs a row that was just inserted with its twin, or remembers it for its twin that is still to come. */
  note(seq: number, event: CloudEvent, twin: number | null): void
  /** After a transaction that failed. */
  forget(): void
}

interface Alone {
  seq: number
  time: number
  phase: Phase
}

/** Only Nova tells twice. */
const mayHaveTwin = (event: CloudEvent) => event.service === 'nova' && event.resource !== null && event.format !== 'native'

const other = { legacy: 'versioned', versioned: 'legacy' } as const

export function twins(db: Database): Twins {
  const alone = new Map<string, Alone[]>()
  let count = 0
  /** Every row from this time on that has no twin is remembered; null until the journal was looked at. */
  let completeFrom: number | null = null
  let newest = Number.NEGATIVE_INFINITY

  const keyOf = (event: CloudEvent, format: string) => `${format} ${event.resource?.id} ${event.type} ${event.request}`

  function startAfterJournal(): number {
    const row = db.get<{ time: number | null }>('SELECT max(time) AS time FROM event')
    return row?.time === null || row === undefined ? Number.NEGATIVE_INFINITY : row.time + 1
  }

  function inMemory(event: CloudEvent, format: 'legacy' | 'versioned'): number | null {
    let nearest: Alone | null = null
    for (const one of alone.get(keyOf(event, format)) ?? []) {
      const distance = Math.abs(one.time - event.time)
      if (distance > window || !samePhase(one.phase, format, event.phase)) continue
      if (nearest === null || distance < Math.abs(nearest.time - event.time)) nearest = one
    }
    return nearest?.seq ?? null
  }

  function inJournal(event: CloudEvent, format: 'legacy' | 'versioned'): number | null {
    const row = db.get<{ seq: number }>(
      `SELECT seq FROM event INDEXED BY event_resource
       WHERE resource_id = ?1 AND time BETWEEN ?2 - ?3 AND ?2 + ?3 AND type = ?4 AND request IS ?5 AND twin IS NULL
         AND format = ?6 AND (phase IS ?7 OR (phase IS NULL AND ?7 = 'end' AND format = 'legacy') OR (phase = 'end' AND ?7 IS NULL AND format = 'versioned'))
       ORDER BY abs(time - ?2) LIMIT 1`,
      ...[event.resource?.id ?? null, event.time, window, event.type, event.request, format, event.phase],
    )
    return row?.seq ?? null
  }

  function drop(event: CloudEvent, twin: number): void {
    const key = keyOf(event, other[event.format as 'legacy' | 'versioned'])
    const those = alone.get(key)
    if (!those) return
    const left = those.filter(({ seq }) => seq !== twin)
    count -= those.length - left.length
    if (left.length === 0) alone.delete(key)
    else alone.set(key, left)
  }

  function remember(seq: number, event: CloudEvent): void {
    if (count >= remembered) {
      alone.clear()
      count = 0
      completeFrom = Math.max(completeFrom ?? Number.NEGATIVE_INFINITY, newest + 1)
    }
    newest = Math.max(newest, event.time)
    const key = keyOf(event, event.format)
    const those = alone.get(key)
    const one = { seq, time: event.time, phase: event.phase }
    if (those) those.push(one)
    else alone.set(key, [one])
    count++
  }

  return {
    find(event) {
      if (!mayHaveTwin(event)) return null
      completeFrom ??= startAfterJournal()
      const format = other[event.format as 'legacy' | 'versioned']
      return event.time - window >= completeFrom ? inMemory(event, format) : inJournal(event, format)
    },

    note(seq, event, twin) {
      if (!mayHaveTwin(event)) return
      completeFrom ??= startAfterJournal()
      if (twin === null) return remember(seq, event)
      drop(event, twin)
      // `hidden` is in indexes: written only where it changes, which is where the versioned row was there first
      if (event.format === 'legacy') db.run('UPDATE event SET twin = ? WHERE seq = ?', seq, twin)
      else db.run('UPDATE event SET twin = ?, hidden = 1 WHERE seq = ?', seq, twin)
    },

    forget() {
      alone.clear()
      count = 0
      completeFrom = null
      newest = Number.NEGATIVE_INFINITY
    },
  }
}

function samePhase(theirs: Phase, format: 'legacy' | 'versioned', ours: Phase): boolean {
  return theirs === ours || (format === 'legacy' ? theirs === null && ours === 'end' : theirs === 'end' && ours === null)
}
