/** Witnesses that were thinned out and come again: a broker that delivers twice after weeks, an old file imported once more. */
import { createHash } from 'node:crypto'
import type { CloudEvent } from '../../model/event.ts'
import { mayRepeat, runKey, saidBy } from '../../model/thinning.ts'
import type { Database } from './database.ts'

export const fingerprintOf = (said: string): Uint8Array => createHash('sha256').update(said).digest().subarray(0, 16)

/** Was it one of a run of which only the ends were kept? What says something else was not. */
export function wasThinned(db: Database, event: CloudEvent): boolean {
  if (!mayRepeat(event)) return false
  const run = db.get<{ stop: number; said: Uint8Array }>(
    'SELECT stop, said FROM thinned WHERE instance = ? AND run = ? AND start <= ? ORDER BY start DESC LIMIT 1',
    ...[event.resource?.id as string, runKey(event), event.time],
  )
  return run !== undefined && event.time <= run.stop && Buffer.compare(run.said, fingerprintOf(saidBy(event))) === 0
}
