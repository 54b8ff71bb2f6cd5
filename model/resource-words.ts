/**
 * What an event says of a resource: which of its words count for the ledger of volumes, snapshots, backups, images and
 * floating IPs, and which prove an end. Sources: cinder/volume/volume_utils.py, cinder/cmd/volume_usage_audit.py,
 * glance/notifier.py, neutron/api/v2/base.py.
 */
import type { CloudEvent, Json } from './event.ts'
import { floorToSecond, parseTimestamp } from './timestamp.ts'

/**
 * - `create`, `facts`: what is so at that time, from a service; `exists` is such a second witness.
 * - `asked`: a `.start` or `.error`; it shows that the resource exists, and as it was before the change.
 * - `reading`: `<kind>.observed`, what the API said.
 * - `replay`: `cinder-volume-usage-audit --send_actions` tells creations and deletions of the past anew, with the time of then
 *   as audit period.
 * - `end`: the service says that it is gone.
 * - `freed`: the port that a floating IP serves is gone; nobody tells the floating IP.
 * - `absent`: our own: a complete list of the API did not have it.
 */
export type Word = 'create' | 'facts' | 'asked' | 'reading' | 'replay' | 'end' | 'freed' | 'absent'

/** Null: says nothing of the resource's life (`image.send`, `image.member.create`, `volume.usage` …). */
export function wordOf(event: CloudEvent, kind: string): Word | null {
  if (event.resource?.kind !== kind) return isPortDeletion(event) && kind === 'floatingip' ? 'freed' : null
  const action = event.type.startsWith(`${kind}.`) ? event.type.slice(kind.length + 1) : ''
  if (action === 'absent') return 'absent'
  if (action === 'delete' && event.phase !== 'start' && event.phase !== 'error') return isReplay(event) ? 'replay' : 'end'
  if (!event.about) return null
  if (action === 'observed') return 'reading'
  if (isReplay(event)) return 'replay'
  if (action === 'create') return 'create'
  return event.phase === 'start' || event.phase === 'error' ? 'asked' : 'facts'
}

export const isPortDeletion = (event: CloudEvent): boolean =>
  event.type === 'port.delete' && event.phase === 'end' && event.resource?.kind === 'port'

/** An `exists` has an audit period by its nature; an action has one only when it is told anew. */
const isReplay = ({ type, facts }: CloudEvent): boolean =>
  /\.(create|delete)$/.test(type) && textual(facts?.audit_period_beginning) !== null

/** When the resource ended, if this event proves it; epoch ms cut to the second. */
export function provenEnd(event: CloudEvent, word: Word): number | null {
  const stated = event.about?.deletedAt ?? null
  if (word === 'absent' || word === 'freed') return null
  if (word === 'replay' && !event.type.endsWith('.delete')) return null
  if (word === 'replay') {
    const audited = parseTimestamp(textual(event.facts?.audit_period_ending) ?? textual(event.facts?.audit_period_beginning))
    return audited === null ? null : floorToSecond(audited)
  }
  // no other service but Glance says when: it is when it was told
  if (word === 'end') return floorToSecond(stated ?? event.time)
  return stated === null ? null : floorToSecond(stated)
}

/** It is gone, and this is all that is said: an `exists` that was sent after the end. */
export const saysGone = (event: CloudEvent, word: Word): boolean =>
  (word === 'facts' || word === 'reading' || word === 'asked') && event.about?.status === 'deleted'

const textual = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null)
