/** Closes October 2026 of the journal in DIR with the product's own code, and tells on stdout after every thousandth row it read. */
import { writeSync } from 'node:fs'
import type { UsageJournal } from '../../model/contract.ts'
import { closeMonth } from '../../reports/months.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { at, depsOf, fixedClock, plainBook } from './report-scene.ts'

const db = openDatabase(process.argv[2] as string)
const deps = depsOf(db, fixedClock(at('2026-11-20T12:00:00+01:00')), plainBook)
const usage: UsageJournal = {
  ...deps.usage,
  *segmentsWithin(scope, period) {
    let read = 0
    for (const segment of deps.usage.segmentsWithin(scope, period)) {
      if (read++ % 1000 === 0) writeSync(1, `${read}\n`)
      yield segment
    }
    writeSync(1, 'all read\n')
  },
}
await closeMonth({ ...deps, usage }, { month: '2026-10', by: 'test', settleMs: 0, gaps: 'refuse' })
writeSync(1, 'closed\n')
db.close()
