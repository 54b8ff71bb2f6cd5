/** What changed before a problem: actions on what it is about and on its host, and our own settings. One bounded query. */
import { type ChangeJournal, type Clue, mostClues } from '../../model/clue.ts'
import type { Database } from './database.ts'
import { inScope } from './scope.ts'

interface ClueRow {
  at: number
  what: string
  kind: string
  id: string
  name: string | null
  project: string | null
  actor: string | null
  failed: number
}

/** Words of a move from host to host. */
const migration = /live_migration|migrat|evacuat/

export function changeJournal(db: Database): ChangeJournal & { settings(what: string, hash: string, now: number): void } {
  return {
    async before(scope, { about, host, from, to }) {
      const visible = inScope(scope, 'a.project')
      const where = [`resource_id IN (SELECT value FROM json_each(?))`, ...(host === null ? [] : ['host = ?'])]
      const rows = db.all<ClueRow>(
        `SELECT * FROM (
           SELECT a.start AS at, a.verb AS what, a.resource_kind AS kind, a.resource_id AS id,
             (SELECT s.name FROM subject s WHERE s.id = a.resource_id) AS name, a.project AS project,
             coalesce((SELECT n.name FROM named n WHERE n.kind = 'user' AND n.id = a.actor), a.actor) AS actor, a.result = 'failed' AS failed
           FROM action a WHERE (${where.join(' OR ')}) AND ${visible.sql} AND a.start >= ? AND a.start < ? AND a.part = 0
           ORDER BY a.start DESC LIMIT ?)
         UNION ALL SELECT * FROM (
           SELECT since, what, 'settings', what, NULL, NULL, NULL, 0 FROM settings_seen s WHERE ? AND since >= ? AND since < ?
             AND EXISTS (SELECT 1 FROM settings_seen b WHERE b.what = s.what AND b.since < s.since)
           ORDER BY since DESC LIMIT 5)`,
        ...[JSON.stringify(about), ...(host === null ? [] : [host]), ...visible.values, from, to, mostClues],
        ...[Number(scope.projects === 'all'), from, to],
      )
      return rows.map(
        (row): Clue => ({
          kind: row.kind === 'settings' ? 'settings' : migration.test(row.what) ? 'migration' : 'action',
          ...{ at: row.at, what: row.what, subject: { kind: row.kind, id: row.id, name: row.name } },
          ...{ project: row.project, actor: row.actor, failed: row.failed === 1 },
        }),
      )
    },

    /** Notes what Specola runs with; what is as before is not noted again. */
    settings(what, hash, now) {
      const before = db.get<{ hash: string }>('SELECT hash FROM settings_seen WHERE what = ? ORDER BY since DESC LIMIT 1', what)
      if (before?.hash !== hash)
        db.run('INSERT OR REPLACE INTO settings_seen (what, hash, since) VALUES (?, ?, ?)', what, hash, now)
    },
  }
}
