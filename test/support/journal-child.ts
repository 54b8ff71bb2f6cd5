/** Writes to the journal in DIR, or reads it all the time, until it is killed; tells on stdout of each turn. */
import { writeSync } from 'node:fs'
import { openDatabase, openDatabaseReadOnly } from '../../store/journal/database.ts'

const [directory, what] = process.argv.slice(2) as [string, 'write' | 'read']
if (what === 'write') {
  const db = openDatabase(directory)
  for (let n = 0; ; n++) {
    db.transaction(() => {
      for (let i = 0; i < 50; i++)
        db.run(
          `INSERT INTO reading_mark (cloud, task, value) VALUES (?, ?, ?)`,
          String(process.pid),
          `${n}.${i}`,
          'x'.repeat(500),
        )
    })
    writeSync(1, `${n}\n`)
  }
}
for (let n = 0; ; n++) {
  const db = openDatabaseReadOnly(directory)
  for (const _row of db.iterate('SELECT * FROM reading_mark'));
  db.close()
  if (n % 10 === 0) writeSync(1, `${n}\n`)
}
