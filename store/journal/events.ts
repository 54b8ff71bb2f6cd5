/** The log of facts: one transaction for de-duplication, events, inventory and ledger, so that a replay changes nothing. */
import type { Scope } from '../../model/access.ts'
import type { EventJournal, EventQuery, EventRow, RecordCounts } from '../../model/contract.ts'
import { type CloudEvent, nativeEvent, type RecordedEvent } from '../../model/event.ts'
import { absent, listingSkew } from '../../model/ledger.ts'
import { compressTexts, type MessageTexts, textAt } from '../../model/message-texts.ts'
import { noteActions } from './actions.ts'
import type { Database } from './database.ts'
import { deriveOnce } from './derive.ts'
import { bodyOf, eventColumns, type StoredEvent, toEvent } from './event-body.ts'
import { flavorSpecsWriter } from './flavor-specs.ts'
import { noteHeard } from './heard.ts'
import { labelWriter } from './labels.ts'
import { ledgerWriter } from './ledger-writer.ts'
import { resourceListings } from './listings.ts'
import { nameWriter } from './names.ts'
import { noteTexts } from './raw-texts.ts'
import { concernsResources, resourceWriter } from './resource-writer.ts'
import { allOf, type Condition, equals, inScope } from './scope.ts'
import { wasThinned } from './thinned.ts'
import { twins } from './twins.ts'

export function eventJournal(db: Database): EventJournal {
  const ledger = ledgerWriter(db)
  const resources = resourceWriter(db)
  const names = nameWriter(db)
  const specs = flavorSpecsWriter(db)
  const labels = labelWriter(db)
  const pairs = twins(db)
  let derived = false
  const listings = resourceListings(db, (event) => {
    if (insert(event, false, null, 0) !== null) resources.apply([event])
  })

  /** `texts`: of those events that have one; null when none has. `apart`: each has one, and it does not come with the event. */
  function recordNow(batch: readonly RecordedEvent[], texts: MessageTexts | null, apart: boolean): RecordCounts {
    if (!derived) deriveOnce(db)
    derived = true
    const counts: RecordCounts = { events: 0, duplicates: 0, ignored: 0 }
    const rawBatch = (db.get<{ id: number | null }>('SELECT max(id) AS id FROM raw_batch')?.id ?? 0) + 1
    let rawIndex = 0
    const kept = { newest: Number.NEGATIVE_INFINITY, first: Number.MAX_SAFE_INTEGER, last: 0, events: 0 }
    const types = new Map<string, { count: number; ignored: boolean }>()
    const instances: CloudEvent[] = []
    const heard: CloudEvent[] = []
    const fresh: CloudEvent[] = []
    const others: CloudEvent[] = []
    for (const { event, more = [], ignored, raw } of batch) {
      const hasText = apart || raw !== null
      const text = hasText ? rawBatch : null
      const index = hasText ? rawIndex++ : 0
      if (wasThinned(db, event)) {
        counts.duplicates++
        continue
      }
      const twin = pairs.find(event)
      const seq = insert(event, ignored, text, index, twin)
      if (seq === null) {
        counts.duplicates++
        continue
      }
      pairs.note(seq, event, twin)
      for (const further of more) {
        const furtherSeq = insert(further, ignored, text, index)
        if (furtherSeq !== null) pairs.note(furtherSeq, further, null)
      }
      if (hasText) {
        kept.newest = Math.max(kept.newest, event.time)
        kept.first = Math.min(kept.first, seq)
        kept.last = seq + more.length
        kept.events += 1 + more.length
      }
      counts[ignored ? 'ignored' : 'events']++
      const type = types.get(event.type)
      types.set(event.type, { count: (type?.count ?? 0) + 1, ignored })
      names.fromEvent(event)
      specs.fromEvent(event)
      labels.fromEvent(event)
      heard.push(event)
      fresh.push(event, ...more)
      if (event.resource?.kind === 'instance' && event.instance) {
        instances.push(event)
        if (event.instance.flavor) resources.flavor(event.instance.flavor, event.time)
      } else others.push(...[event, ...more].filter(concernsResources))
    }
    if (texts && kept.events > 0) {
      db.run('INSERT INTO raw_batch (id, body) VALUES (?, ?)', rawBatch, texts)
      noteTexts(db, rawBatch, kept)
    }
    for (const [type, { count, ignored }] of types)
      db.run(
        'INSERT INTO event_type (type, count, ignored) VALUES (?, ?, ?) ON CONFLICT (type) DO UPDATE SET count = count + excluded.count',
        type,
        count,
        ignored ? 1 : 0,
      )
    ledger.apply(instances)
    missing(instances)
    resources.apply(others)
    listings.recheck(others)
    noteHeard(db, heard)
    noteActions(db, fresh)
    return counts
  }

  /** Instances among these that are older than the newest listing and not in it. */
  function missing(events: readonly CloudEvent[]): void {
    const readAt = db.get<{ read_at: number }>('SELECT read_at FROM listing')?.read_at
    if (readAt === undefined) return
    const old = new Set(
      events
        .filter((event) => event.type !== absent && event.time <= readAt - listingSkew)
        .map((event) => event.resource?.id as string),
    )
    for (const id of old) {
      const lost = db.get(
        'SELECT 1 FROM instance WHERE id = ?1 AND terminated_at IS NULL AND id NOT IN (SELECT instance FROM listed)',
        id,
      )
      if (lost) tellAbsent(id, readAt)
    }
  }

  function tellAbsent(id: string, readAt: number): void {
    const project = db.get<{ project: string | null }>('SELECT project FROM instance WHERE id = ?', id)?.project ?? null
    const event = absence(id, project, readAt)
    if (insert(event, false, null, 0) !== null) ledger.apply([event])
  }

  function listedNow(readAt: number, ids: readonly string[]): void {
    if ((db.get<{ read_at: number }>('SELECT read_at FROM listing')?.read_at ?? Number.MIN_SAFE_INTEGER) >= readAt) return
    db.run('DELETE FROM listing')
    db.run('INSERT INTO listing (read_at) VALUES (?)', readAt)
    db.run('DELETE FROM listed')
    db.run('INSERT INTO listed (instance) SELECT DISTINCT value FROM json_each(?)', JSON.stringify(ids))
    const alive = db.all<{ id: string }>(
      `SELECT id FROM instance WHERE fold IS NOT NULL AND terminated_at IS NULL AND updated_at <= ? AND id NOT IN (SELECT instance FROM listed)`,
      readAt - listingSkew,
    )
    for (const { id } of alive) tellAbsent(id, readAt)
  }

  /** Runs in a transaction; what was remembered of a failed one never happened. */
  function safely<T>(work: () => T): T {
    try {
      return db.transaction(work)
    } catch (error) {
      ledger.forget()
      resources.forget()
      names.forget()
      specs.forget()
      labels.forget()
      pairs.forget()
      derived = false
      throw error
    }
  }

  /** The new row's seq, or null when this message is in the journal already. Of a fact told twice the versioned row is shown. */
  function insert(
    event: CloudEvent,
    ignored: boolean,
    rawBatch: number | null,
    rawIndex: number,
    twin: number | null = null,
  ): number | null {
    const { changes, lastInsertRowid } = db.run(
      `INSERT INTO event (message_id, type, phase, format, service, time, resource_kind, resource_id, project, user, actor, host, request,
         ignored, twin, hidden, body, raw_batch, raw_index)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (time, message_id) DO NOTHING`,
      event.id,
      event.type,
      event.phase,
      event.format,
      event.service,
      event.time,
      event.resource?.kind ?? null,
      event.resource?.id ?? null,
      event.project,
      event.user,
      event.actor,
      event.host,
      event.request,
      ignored ? 1 : 0,
      twin,
      twin !== null && event.format === 'legacy' ? 1 : 0,
      bodyOf(event),
      rawBatch,
      rawBatch === null ? null : rawIndex,
    )
    return changes === 0 ? null : lastInsertRowid
  }

  return {
    async record(batch, texts) {
      if (texts) return safely(() => recordNow(batch, texts, true))
      const raws = batch.flatMap(({ raw }) => raw ?? [])
      // before the transaction, which must not wait
      const compressed = raws.length === 0 ? null : await compressTexts(raws)
      return safely(() => recordNow(batch, compressed, false))
    },

    async listed({ kind, readAt, ids }) {
      safely(() => (kind === 'instance' ? listedNow(readAt, ids) : listings.take(kind, readAt, ids)))
    },

    async events(scope, query) {
      const { sql, values } = eventCondition(scope, query)
      const rows = db.all<StoredRow>(
        `SELECT seq, ${eventColumns()} FROM event WHERE ${sql} ORDER BY time DESC, seq DESC LIMIT ?`,
        ...values,
        Math.min(1000, Math.max(1, query.limit)),
      )
      return rows.map(toEventRow)
    },

    async event(scope, seq) {
      const { sql, values } = allOf([equals('seq', seq), inScope(scope, 'project')])
      const row = db.get<StoredRow & { raw_batch: number | null; raw_index: number | null }>(
        `SELECT seq, ${eventColumns()}, raw_batch, raw_index FROM event WHERE ${sql}`,
        ...values,
      )
      if (!row) return null
      return { row: toEventRow(row), raw: row.raw_batch === null ? null : rawText(row.raw_batch, row.raw_index ?? 0) }
    },

    async histogram(scope, query) {
      const { sql, values } = eventCondition(scope, query)
      const rows = db.all<{ bucket: number; count: number }>(
        `SELECT CAST(time / ? AS INTEGER) AS bucket, count(*) AS count FROM event WHERE ${sql} GROUP BY 1 ORDER BY 1`,
        query.step,
        ...values,
      )
      return rows.map(({ bucket, count }) => [bucket * query.step, count])
    },

    async types(scope) {
      if (scope.projects === 'all')
        return db
          .all<{ type: string; count: number; ignored: number }>('SELECT type, count, ignored FROM event_type ORDER BY type')
          .map((row) => ({ ...row, ignored: row.ignored === 1 }))
      const { sql, values } = inScope(scope, 'project')
      return db
        .all<{ type: string; count: number; ignored: number }>(
          `SELECT type, count(*) AS count, max(ignored) AS ignored FROM event WHERE hidden = 0 AND ${sql} GROUP BY type ORDER BY type`,
          ...values,
        )
        .map((row) => ({ ...row, ignored: row.ignored === 1 }))
    },

    async count() {
      return (
        db.get<{ n: number }>(`SELECT count(*) AS n FROM event WHERE format <> 'native' AND instr(message_id, '#') = 0`)?.n ?? 0
      )
    },
  }

  function rawText(batch: number, index: number): string | null {
    const row = db.get<{ body: Uint8Array }>('SELECT body FROM raw_batch WHERE id = ?', batch)
    if (!row) return null
    return textAt(row.body, index)
  }
}

function eventCondition(scope: Scope, query: Omit<EventQuery, 'limit'>): Condition {
  return allOf([
    { sql: 'hidden = 0', values: [] },
    inScope(scope, 'project'),
    query.from === undefined ? null : { sql: 'time >= ?', values: [query.from] },
    query.to === undefined ? null : { sql: 'time < ?', values: [query.to] },
    query.types === undefined ? null : typeCondition(query.types),
    query.resource ? { sql: 'resource_id = ? AND resource_kind = ?', values: [query.resource.id, query.resource.kind] } : null,
    equals('project', query.project),
    equals('host', query.host),
    equals('actor', query.actor),
    equals('user', query.user),
    query.before ? { sql: '(time, seq) < (?, ?)', values: [query.before.time, query.before.seq] } : null,
  ])
}

/** Exact types, or families written with a dot at the end. */
function typeCondition(types: readonly string[]): Condition {
  const parts = types.map(
    (type): Condition =>
      type.endsWith('.')
        ? { sql: 'type >= ? AND type < ?', values: [type, `${type.slice(0, -1)}/`] }
        : { sql: 'type = ?', values: [type] },
  )
  return { sql: parts.map(({ sql }) => `(${sql})`).join(' OR ') || '0', values: parts.flatMap(({ values }) => values) }
}

/** Our own event; the same reading of the same instance has the same id. */
const absence = (id: string, project: string | null, readAt: number): CloudEvent =>
  nativeEvent({
    id: `absent:${id}:${readAt}`,
    type: absent,
    time: readAt,
    service: 'nova',
    publisher: 'openstack api',
    resource: { kind: 'instance', id },
    project,
  })

type StoredRow = StoredEvent & { seq: number }

const toEventRow = (row: StoredRow): EventRow => ({ ...toEvent(row), seq: row.seq })
