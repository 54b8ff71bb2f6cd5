/** Events of domains as they come over the wire. They arrive on the read-only connection too. */
import { jobSummary } from './migration-progress.ts'
import { type DomainRef, readDomain, readParams, writeDomain } from './procedures.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

export type DomainEventKind =
  | 'defined'
  | 'undefined'
  | 'started'
  | 'suspended'
  | 'resumed'
  | 'stopped'
  | 'shutdown'
  | 'pmsuspended'
  | 'crashed'
  | 'reboot'
  | 'watchdog'
  | 'io_error'
  | 'control_error'
  | 'metadata_changed'
  | 'migration_iteration'
  | 'job_completed'

export interface DomainEvent {
  kind: DomainEventKind
  domain: DomainRef
  /** libvirt's reason in words, '' where it gives none or one that we do not know. */
  reason: string
}

interface Layout {
  /** What is asked for at registration, and the procedure under which it then comes. */
  id: number
  procedure: number
  read(from: XdrReader): { kind: DomainEventKind; reason: string } | null
}

/** In the order of virDomainEventType; each with its details in the order of its own enumeration. */
const lifecycle: readonly (readonly [DomainEventKind, readonly string[]])[] = [
  ['defined', ['added', 'updated', 'renamed', 'from snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from snapshot', 'wakeup']],
  [
    'suspended',
    ['paused', 'migrated', 'I/O error', 'watchdog', 'restored', 'from snapshot', 'API error', 'postcopy', 'postcopy failed'],
  ],
  ['resumed', ['unpaused', 'migrated', 'from snapshot', 'postcopy', 'postcopy failed']],
  ['stopped', ['shut down', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot']],
  ['shutdown', ['finished', 'by the guest', 'by the host']],
  ['pmsuspended', ['to memory', 'to disk']],
  ['crashed', ['panicked', 'crash loaded']],
]

const lifecycleProcedure = 318

const layouts: readonly Layout[] = [
  {
    id: 0,
    procedure: lifecycleProcedure,
    read(from) {
      const entry = lifecycle[from.int()]
      const detail = from.int()
      return entry ? { kind: entry[0], reason: entry[1][detail] ?? '' } : null
    },
  },
  { id: 1, procedure: 319, read: () => ({ kind: 'reboot', reason: '' }) },
  { id: 3, procedure: 321, read: (from) => ({ kind: 'watchdog', reason: `action ${from.int()}` }) },
  {
    id: 6,
    procedure: 324,
    read(from) {
      from.string() // path: on network disks it would tell more of the storage than a tenant may know
      const device = from.string(1024)
      const action = ['nothing done', 'paused', 'reported to the guest'][from.int()] ?? ''
      return { kind: 'io_error', reason: [device, from.string(1024), action].filter((part) => part !== '').join(', ') }
    },
  },
  { id: 7, procedure: 325, read: () => ({ kind: 'control_error', reason: 'libvirt lost the QEMU monitor' }) },
  { id: 20, procedure: 359, read: (from) => ({ kind: 'migration_iteration', reason: `${from.int()}` }) },
  { id: 21, procedure: 363, read: (from) => ({ kind: 'job_completed', reason: jobSummary(readParams(from)) }) },
  { id: 23, procedure: 379, read: () => ({ kind: 'metadata_changed', reason: '' }) },
]

const byProcedure = new Map(layouts.map((layout) => [layout.procedure, layout]))

/** The ids to register for. */
export const domainEventIds: readonly number[] = layouts.map(({ id }) => id)

/**
 * Reads the body of an event message; null = an event that we do not know, which is not an error. Bytes after the known
 * fields are left alone: a newer libvirt may say more.
 */
export function readDomainEvent(procedure: number, from: XdrReader): DomainEvent | null {
  const layout = byProcedure.get(procedure)
  if (!layout) return null
  from.int() // the callback's number: we register each kind once
  const domain = readDomain(from)
  const what = layout.read(from)
  return what && { ...what, domain }
}

/** Writes the body of a lifecycle event, as a server does. */
export function writeLifecycleEvent(to: XdrWriter, callback: number, event: DomainEvent): { procedure: number } {
  const kind = lifecycle.findIndex(([name]) => name === event.kind)
  to.int(callback)
  writeDomain(to, event.domain)
  to.int(kind).int(Math.max(0, lifecycle[kind]?.[1].indexOf(event.reason) ?? 0))
  return { procedure: lifecycleProcedure }
}
