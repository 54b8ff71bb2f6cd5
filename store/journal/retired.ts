/** How much was removed from the journal in all. */
import type { Database } from './database.ts'

/** Witnesses that repeated others; messages whose texts went; events that went for good; old history of alerts. */
export type Retired = 'witnesses' | 'texts' | 'events' | 'alerts'

/** Inside the transaction that removes them. `at`: epoch ms. */
export function noteRetired(db: Database, what: Retired, count: number, at: number): number {
  if (count > 0)
    db.run(
      `INSERT INTO retired (what, count, at) VALUES (?, ?, ?)
       ON CONFLICT (what) DO UPDATE SET count = count + excluded.count, at = excluded.at`,
      ...[what, count, at],
    )
  return count
}

/** Since the journal began. `at`: when last, epoch ms. */
export const retiredSoFar = (db: Database): { what: Retired; count: number; at: number }[] =>
  db.all('SELECT what, count, at FROM retired ORDER BY what')
