/** Keeps instances and segments equal to the fold of the event log, one event at a time where that is enough. */
import type { Discrepancy } from '../../model/discrepancy.ts'
import type { CloudEvent } from '../../model/event.ts'
import { advance, fold, ledgerRules } from '../../model/ledger.ts'
import { compareKeys, type LedgerState, sortKey, unknownInstance } from '../../model/ledger-state.ts'
import { dueAt } from '../../model/overdue.ts'
import type { Segment } from '../../model/usage.ts'
import type { Database } from './database.ts'
import { eventColumns, type StoredEvent, toEvent } from './event-body.ts'

/** States kept in memory: the instances that events come for now. */
const remembered = 20_000

export interface LedgerWriter {
  /** Inside the transaction that stored the events. */
  apply(events: readonly CloudEvent[]): void
  /** Drops what is remembered: after a transaction that failed. */
  forget(): void
}

export function ledgerWriter(db: Database): LedgerWriter {
  const states = new Map<string, LedgerState>()
  foldOutdated()

  function stateOf(instance: string): LedgerState {
    const cached = states.get(instance)
    if (cached) return cached
    const row = db.get<{ fold: string | null }>('SELECT fold FROM instance WHERE id = ?', instance)
    return row?.fold ? reviveState(row.fold) : unknownInstance(instance)
  }

  function remember(state: LedgerState): void {
    states.delete(state.instance)
    states.set(state.instance, state)
    if (states.size > remembered) states.delete(states.keys().next().value as string)
  }

  return {
    apply(events) {
      const byInstance = Map.groupBy(events, (event) => event.resource?.id as string)
      for (const [instance, its] of byInstance) {
        const state = forward(stateOf(instance), its) ?? refold(instance)
        remember(state)
        putInstance(db, state)
      }
    },
    forget: () => states.clear(),
  }

  /** Null when some event belongs before what was folded already. */
  function forward(from: LedgerState, events: readonly CloudEvent[]): LedgerState | null {
    let state = from
    const closed: Segment[] = []
    const discrepancies: Discrepancy[] = []
    for (const event of [...events].sort((a, b) => compareKeys(sortKey(a), sortKey(b)))) {
      const advanced = advance(state, event)
      if (!advanced.ok) return null
      state = advanced.state
      closed.push(...advanced.closed)
      discrepancies.push(...advanced.discrepancies)
    }
    for (const segment of closed) putSegment(db, segment)
    // most events change nothing that can be billed
    if (state.open && state.open !== from.open) putSegment(db, state.open)
    for (const discrepancy of discrepancies) putDiscrepancy(db, discrepancy)
    return state
  }

  /** A journal that was folded by older rules is folded anew, once. */
  function foldOutdated(): void {
    if (db.get<{ version: number }>('SELECT version FROM ledger_rules')?.version === ledgerRules) return
    db.transaction(() => {
      for (const { id } of db.all<{ id: string }>('SELECT id FROM instance WHERE fold IS NOT NULL')) putInstance(db, refold(id))
      db.run('DELETE FROM ledger_rules')
      db.run('INSERT INTO ledger_rules (version) VALUES (?)', ledgerRules)
    })
  }

  function refold(instance: string): LedgerState {
    const rows = db.all<StoredEvent>(
      `SELECT ${eventColumns()} FROM event INDEXED BY event_resource WHERE resource_id = ? AND resource_kind = 'instance' AND type GLOB 'instance.*'`,
      instance,
    )
    const folded = fold(instance, rows.map(toEvent))
    db.run('DELETE FROM segment WHERE instance = ?', instance)
    for (const segment of folded.segments) putSegment(db, segment)
    db.run('DELETE FROM discrepancy WHERE instance = ?', instance)
    for (const discrepancy of folded.discrepancies) putDiscrepancy(db, discrepancy)
    return folded.state
  }
}

/** JSON has no −∞, so a state without events is not stored; `last` always is finite here. */
const reviveState = (text: string) => JSON.parse(text) as LedgerState

function putSegment(db: Database, segment: Segment): void {
  db.run(
    `INSERT INTO segment (instance, start, stop, state, flavor, host, project, user, provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (instance, start) DO UPDATE SET stop = excluded.stop, state = excluded.state, flavor = excluded.flavor, host = excluded.host,
       project = excluded.project, user = excluded.user, provenance = excluded.provenance`,
    segment.instance,
    segment.from,
    segment.to,
    segment.state,
    segment.flavor === null ? null : JSON.stringify(segment.flavor),
    segment.host,
    segment.project,
    segment.user,
    segment.provenance,
  )
}

function putDiscrepancy(db: Database, { instance, at, about, ours, theirs, witness }: Discrepancy): void {
  db.run(
    'INSERT INTO discrepancy (instance, at, about, ours, theirs, witness) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ...[instance, at, about, ours, theirs, witness],
  )
}

function putInstance(db: Database, state: LedgerState): void {
  db.run(
    `INSERT INTO instance (id, name, project, user, host, image, state, flavor, addresses, created_at, launched_at, terminated_at, source, updated_at, fold,
       kept_terminated_at, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'event', ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name), project = coalesce(excluded.project, project),
       user = coalesce(excluded.user, user), host = excluded.host, image = excluded.image, state = excluded.state,
       flavor = coalesce(excluded.flavor, flavor), addresses = iif(excluded.addresses = '[]', addresses, excluded.addresses),
       created_at = excluded.created_at, launched_at = excluded.launched_at, terminated_at = excluded.terminated_at,
       source = excluded.source, updated_at = excluded.updated_at, fold = excluded.fold,
       kept_terminated_at = excluded.kept_terminated_at, due_at = excluded.due_at`,
    state.instance,
    state.name,
    state.project,
    state.user,
    state.host,
    state.image,
    state.state,
    state.flavor === null ? null : JSON.stringify(state.flavor),
    JSON.stringify(state.addresses),
    state.createdAt,
    state.launchedAt,
    state.terminatedAt,
    state.last[0],
    JSON.stringify(state),
    state.keptTerminatedAt,
    dueAt(state.waiting),
  )
}
