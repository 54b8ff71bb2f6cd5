/** Which recorded replies together are a complete list: what is not in it is gone. */

import { type Fields, isFields } from '../model/fields.ts'
import type { ResourceKind } from '../model/usage.ts'
import { entries, text } from './reply.ts'

/** A recorded exchange with the API. */
export interface ApiReply {
  request?: { url?: unknown }
  response?: { body?: unknown }
}

/** A reply and when it was given, epoch ms. */
export interface TimedReply {
  reply: ApiReply
  readAt: number
}

/** `EventJournal.listed` takes it. */
export interface Listing {
  kind: 'instance' | ResourceKind
  readAt: number
  ids: string[]
}

interface ListShape {
  kind: Listing['kind']
  path: RegExp
  list: string
  /** Without `all_tenants` the service lists the caller's own project only. */
  allTenants: boolean
}

const shapes: readonly ListShape[] = [
  { kind: 'instance', path: /\/servers\/detail$/, list: 'servers', allTenants: true },
  { kind: 'volume', path: /\/volumes(\/detail)?$/, list: 'volumes', allTenants: true },
  { kind: 'snapshot', path: /\/snapshots(\/detail)?$/, list: 'snapshots', allTenants: true },
  { kind: 'backup', path: /\/backups(\/detail)?$/, list: 'backups', allTenants: true },
  { kind: 'image', path: /\/v2\/images$/, list: 'images', allTenants: false },
  { kind: 'floatingip', path: /\/v2\.0\/floatingips(\.json)?$/, list: 'floatingips', allTenants: false },
]

/** What a list may be asked for without leaving anything out, but for the deleted. */
const harmless = new Set([
  'all_tenants',
  'deleted',
  'limit',
  'marker',
  'soft_deleted',
  'sort',
  'sort_key',
  'sort_dir',
  'with_count',
  'page_reverse',
])

/**
 * The complete lists among these replies: all projects, no filter, from the first page to the last; the newest of each kind.
 * Glance and Neutron do not say whose view a list is: read with an account that sees every project. Glance leaves out hidden
 * images unless `os_hidden=true` asks for them: when both lists are here, they are one. Soft-deleted instances may be missing.
 */
export function completeListings(replies: readonly TimedReply[]): Listing[] {
  return shapes.flatMap((shape) => {
    const plain = wholeList(replies, shape, false)
    if (!plain) return []
    const hidden = shape.kind === 'image' ? wholeList(replies, shape, true) : null
    return [{ ...plain, ids: [...plain.ids, ...(hidden?.ids ?? [])] }]
  })
}

/** Pages are read one after the other: what was created meanwhile is not held against it, so the first page's time counts. */
function wholeList(replies: readonly TimedReply[], shape: ListShape, hidden: boolean): Listing | null {
  let reading: Listing | null = null
  let whole: Listing | null = null
  for (const { reply, readAt } of replies) {
    const url = typeof reply.request?.url === 'string' && URL.canParse(reply.request.url) ? new URL(reply.request.url) : null
    const body = reply.response?.body
    if (!url || !asksForAll(url, shape, hidden) || !isFields(body) || !Array.isArray(body[shape.list])) continue
    if (!url.searchParams.has('marker')) reading = { kind: shape.kind, readAt, ids: [] }
    if (!reading) continue
    for (const entry of entries(body, shape.list)) reading.ids.push(...[text(entry.id) ?? []].flat())
    if (hasNext(body, shape.list)) continue
    whole = reading
    reading = null
  }
  return whole
}

function asksForAll(url: URL, { path, allTenants }: ListShape, hidden: boolean): boolean {
  const says = (name: string) => /^(1|true|yes|on)$/i.test(url.searchParams.get(name) ?? '')
  return (
    path.test(url.pathname) &&
    [...url.searchParams.keys()].every((name) => harmless.has(name) || name === 'os_hidden') &&
    (!allTenants || says('all_tenants')) &&
    !says('deleted') &&
    says('os_hidden') === hidden
  )
}

/** Nova, Cinder and Neutron link the next page in `<list>_links`, Glance in `next`. */
function hasNext(body: Fields, list: string): boolean {
  const links = body[`${list}_links`]
  return text(body.next) !== null || (Array.isArray(links) && links.some((link) => isFields(link) && link.rel === 'next'))
}
