/** Removes what a journal lets go of, and tells on stdout of each step, until it is done or killed. Arguments: directory, until when. */
import { writeSync } from 'node:fs'
import { retireAlertsOf } from '../../store/journal/alert-retention.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { retire } from '../../store/journal/retention.ts'

const [directory = '', end = ''] = process.argv.slice(2)
const db = openDatabase(directory)
const before = Number(end)
writeSync(1, 'begun\n')
for await (const [what, count] of retire(db, { texts: null, witnesses: before, events: before }, () => 1))
  writeSync(1, `${what} ${count}\n`)
for await (const count of retireAlertsOf(db, before, () => 1)) writeSync(1, `alerts ${count}\n`)
db.close()
