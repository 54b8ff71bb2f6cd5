/**
 * Removes what a journal lets go of, until it is done or killed. Tells on stdout of each step, and begins the next one when a byte
 * comes on stdin: whoever kills it is never too late. Arguments: directory, until when.
 */
import { readSync, writeSync } from 'node:fs'
import { retireAlertsOf } from '../../store/journal/alert-retention.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { retire } from '../../store/journal/retention.ts'

const [directory = '', end = ''] = process.argv.slice(2)
const db = openDatabase(directory)
const before = Number(end)
const told = (line: string) => {
  writeSync(1, `${line}\n`)
  readSync(0, Buffer.alloc(1))
}
told('begun')
for await (const [what, count] of retire(db, { texts: null, witnesses: before, events: before }, () => 1))
  told(`${what} ${count}`)
for await (const count of retireAlertsOf(db, before, () => 1)) told(`alerts ${count}`)
db.close()
