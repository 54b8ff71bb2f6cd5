/** What a real Nova said: the recorded runs that usage is compared with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readRecorded } from '../../collector/amqp/read.ts'
import type { RecordedEvent } from '../../model/event.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { type ApiReply, completeListings, type Listing } from '../../openstack/listing.ts'
import { serversObserved } from '../../openstack/servers.ts'

const root = join(import.meta.dirname, '..', '..')
const demo = join(root, 'collector', 'demo', 'recording')
const fixtures = join(root, 'test', 'fixtures', 'recordings')

export interface Recording {
  name: string
  notifications: string
  inventory: string
  /** Nova's replies after the run: the complete list, and that of deleted instances. */
  serversAfter: { listed: string; deleted: string }
  usage: string
  window: string
  messages: number
  /** What the other services listed before and after. */
  before: string
  after: string
}

const serversAfter = (name: string) => ({
  listed: join(fixtures, name, 'servers-after.json.gz'),
  deleted: join(fixtures, name, 'servers-deleted-after.json.gz'),
})

export const recordings: readonly Recording[] = [
  {
    name: 'main',
    notifications: join(demo, 'notifications.jsonl.gz'),
    inventory: join(demo, 'servers-before.json.gz'),
    serversAfter: serversAfter('main'),
    usage: join(fixtures, 'main', 'usage-all.json.gz'),
    window: join(fixtures, 'main', 'window.json.gz'),
    before: join(demo, 'resources-before.json.gz'),
    after: join(fixtures, 'main', 'after.json.gz'),
    messages: 6688,
  },
  {
    name: 'early-deletes',
    notifications: join(fixtures, 'early-deletes', 'notifications.jsonl.gz'),
    inventory: join(fixtures, 'early-deletes', 'servers-before.json.gz'),
    serversAfter: serversAfter('early-deletes'),
    usage: join(fixtures, 'early-deletes', 'usage-all.json.gz'),
    window: join(fixtures, 'early-deletes', 'window.json.gz'),
    before: join(fixtures, 'early-deletes', 'before.json.gz'),
    after: join(fixtures, 'early-deletes', 'after.json.gz'),
    messages: 7581,
  },
]

export const mainRun = recordings[0] as Recording

export interface RecordedMessage {
  exchange: string
  routing_key: string
  properties: { content_type: string; delivery_mode: number }
  body: string
}

/** All that the bus delivered, as the collector hands it over. */
export const eventsOf = (recording: Recording): RecordedEvent[] =>
  messagesOf(recording).map((message) => {
    const read = readRecorded(message)
    if (!read.ok) throw new Error(`${recording.name}: a message cannot be read`)
    return read.recorded
  })

/** What the reconciler reads from recorded replies of GET /servers/detail. */
export function serversRead(file: string): { events: RecordedEvent[]; listing: Listing | null } {
  const replies = JSON.parse(readGzipped(file)) as (ApiReply & { time: string })[]
  const events = replies.flatMap(({ time, response }) =>
    serversObserved(response?.body, parseTimestamp(time) as number).map((event) => ({ event, ignored: false, raw: null })),
  )
  const timed = replies.map((reply) => ({ reply, readAt: parseTimestamp(reply.time) as number }))
  return { events, listing: completeListings(timed).find(({ kind }) => kind === 'instance') ?? null }
}

export const readGzipped = (file: string): string => gunzipSync(readFileSync(file)).toString('utf8')

export function messagesOf(recording: Recording): RecordedMessage[] {
  return readGzipped(recording.notifications)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedMessage)
}

export interface ServerUsage {
  instance_id: string
  hours: number
  flavor: string
  name: string
  memory_mb: number
  local_gb: number
  vcpus: number
  started_at: string
  ended_at: string | null
  state: string
}

export interface TenantUsage {
  tenant_id: string
  server_usages: ServerUsage[]
  total_hours: number
  total_vcpus_usage: number
  total_memory_mb_usage: number
  total_local_gb_usage: number
}

/** Nova's own answer for the window, all projects. */
export function novaUsage(recording: Recording): { from: number; to: number; usages: TenantUsage[] } {
  const window = JSON.parse(readGzipped(recording.window)) as { asked: { start: string; end: string } }
  const replies = JSON.parse(readGzipped(recording.usage)) as { response: { body: { tenant_usages: TenantUsage[] } } }[]
  return {
    from: Date.parse(`${window.asked.start}Z`),
    to: Date.parse(`${window.asked.end}Z`),
    usages: replies.flatMap((reply) => reply.response.body.tenant_usages),
  }
}
