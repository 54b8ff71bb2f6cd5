/** What a reader of the APIs must know of the journal, and where it had got to. */
import type { ReadingJournal } from '../../model/contract.ts'
import type { CloudEvent, Json } from '../../model/event.ts'
import type { LedgerState } from '../../model/ledger-state.ts'
import { networkKinds } from '../../model/resource.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'
import { instanceLabels } from './labels.ts'

export function readingJournal(db: Database): ReadingJournal {
  return {
    async ledgerStates(ids) {
      const rows = db.all<{ id: string; fold: string }>(
        'SELECT id, fold FROM instance WHERE fold IS NOT NULL AND id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
      return new Map(rows.map(({ id, fold }) => [id, JSON.parse(fold) as LedgerState]))
    },

    async instanceLabels(ids) {
      return instanceLabels(db, ids)
    },

    async newestEvents(kind, ids) {
      const newest = new Map<string, CloudEvent>()
      for (const id of ids) {
        const row = db.get<StoredEvent>(
          `SELECT ${eventColumns()} FROM event INDEXED BY event_resource WHERE resource_id = ? AND resource_kind = ? ORDER BY time DESC, seq DESC LIMIT 1`,
          id,
          kind,
        )
        if (row) newest.set(id, toEvent(row))
      }
      return newest
    },

    async recorded(ids) {
      const rows = db.all<{ id: string }>(
        'SELECT message_id AS id FROM event WHERE message_id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      )
      return new Set(rows.map(({ id }) => id))
    },

    async openInstances() {
      return db.all<Awaited<ReturnType<ReadingJournal['openInstances']>>[number]>(
        `SELECT id, project, host, json_extract(fold, '$.toldAt') AS toldAt,
           iif(id IN (SELECT instance FROM listed), (SELECT read_at FROM listing), NULL) AS listedAt
         FROM instance WHERE fold IS NOT NULL AND terminated_at IS NULL ORDER BY id`,
      )
    },

    async openResources(kind) {
      return db.all<Awaited<ReturnType<ReadingJournal['openResources']>>[number]>(
        `SELECT id, name, project, updated_at AS updatedAt FROM resource
         WHERE kind = ? AND (fold IS NOT NULL OR kind IN (SELECT value FROM json_each(?))) AND deleted_at IS NULL ORDER BY id`,
        kind,
        JSON.stringify(networkKinds),
      )
    },

    async heardAgainAt() {
      const row = db.get<{ at: number | null }>(
        'SELECT max(at) AS at FROM (SELECT max(stop) AS at FROM absence WHERE lost = 1 UNION ALL SELECT max(since) FROM listening)',
      )
      return row?.at ?? null
    },

    async mark(cloud, task) {
      const row = db.get<{ value: string }>('SELECT value FROM reading_mark WHERE cloud = ? AND task = ?', cloud, task)
      return row ? (JSON.parse(row.value) as Json) : null
    },

    async setMark(cloud, task, value) {
      db.run(
        'INSERT INTO reading_mark (cloud, task, value) VALUES (?, ?, ?) ON CONFLICT (cloud, task) DO UPDATE SET value = excluded.value',
        cloud,
        task,
        JSON.stringify(value),
      )
    },
  }
}
