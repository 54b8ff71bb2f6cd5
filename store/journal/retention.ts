/** What is removed from the log of events, in which order. Each step is short; a kill between two leaves a journal that is right. */
import type { Database } from './database.ts'
import { deriveOnce } from './derive.ts'
import { ageTexts, emptyNextSparse, removeOldTexts } from './raw-texts.ts'
import { removeOldEvents } from './remove-events.ts'
import { thinWitnesses } from './thin-witnesses.ts'

/** Older than these goes; epoch ms; null = nothing. */
export interface RetentionBounds {
  texts: number | null
  witnesses: number | null
  /** Only of events that no figure is made of. */
  events: number | null
}

export type Removed = 'texts' | 'witnesses' | 'events'

/** Yields what each step removed, and how much. Other work may go on in the same journal between two steps. */
export async function* retire(db: Database, bounds: RetentionBounds, now: () => number): AsyncGenerator<[Removed, number]> {
  // what was heard is counted from the log in journals older than the counting: while all of it is there
  db.transaction(() => deriveOnce(db))
  for (const _step of ageTexts(db)) yield ['texts', 0]
  if (bounds.texts !== null) for (const count of removeOldTexts(db, bounds.texts, now)) yield ['texts', count]
  if (bounds.witnesses !== null) for (const count of thinWitnesses(db, bounds.witnesses, now)) yield ['witnesses', count]
  if (bounds.events !== null) for (const count of removeOldEvents(db, bounds.events, now)) yield ['events', count]
  while (await emptyNextSparse(db)) yield ['texts', 0]
}
