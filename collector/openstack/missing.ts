/**
 * Instances that the ledger believes alive and that no cloud lists. Only a 404 ends one: a soft-deleted instance, or one in a
 * cell that is down, is not listed and yet exists.
 */
import type { Clock } from '../../model/clock.ts'
import { AppError, type EventJournal, type ReadingJournal } from '../../model/contract.ts'
import { type CloudEvent, nativeEvent } from '../../model/event.ts'
import { listingSkew } from '../../model/ledger.ts'
import type { Overdue } from '../../model/overdue.ts'
import { type ListedKind, type NetworkKind, networkKinds } from '../../model/resource.ts'
import { type ResourceKind, resourceKinds } from '../../model/usage.ts'
import type { Cloud } from '../../openstack/client.ts'
import { actionHeads } from '../../openstack/instance-actions.ts'
import { entries, text } from '../../openstack/reply.ts'
import { novaUsage } from '../../openstack/tenant-usage.ts'
import { inParallel } from '../in-parallel.ts'
import type { CompleteList } from './complete-lists.ts'
import { lookAt } from './servers.ts'
import type { Take } from './take.ts'

/** More than so many, and more than half of all, do not vanish over night: rather is a region missing in the config. */
const suspicious = 20

export type Open = Awaited<ReturnType<ReadingJournal['openInstances']>>[number]

/** When anything was last heard of it, epoch ms. */
const heardAt = ({ toldAt, listedAt }: Open) => Math.max(toldAt, listedAt ?? toldAt)

/** Those that the list should have had. Throws AppError('invalid') when it lacks so many that it cannot be true. */
export function missingFrom(list: CompleteList, open: readonly Open[]): Open[] {
  return lacking(
    'instances',
    list,
    open.map((instance) => ({ ...instance, heardAt: heardAt(instance) })),
  )
}

/** Of anything: what was heard of before the list was read, and is not in it. Throws as `missingFrom` does. */
export function lacking<T extends { id: string; heardAt: number }>(what: string, list: CompleteList, open: readonly T[]): T[] {
  const listed = new Set(list.ids)
  const expected = open.filter((one) => one.heardAt <= list.readAt - listingSkew)
  const missing = expected.filter(({ id }) => !listed.has(id))
  if (missing.length > suspicious && missing.length > expected.length / 2)
    throw new AppError(
      'invalid',
      `the APIs list ${list.ids.length} ${what}, but not ${missing.length} of ${expected.length} that are believed to exist: nothing is ended; is a region missing in collector.openstack?`,
    )
  return missing
}

/** Tells the journal of a complete list of anything but instances: what it lacks is ended there. */
export async function settleResources(
  kind: ResourceKind | ListedKind,
  list: CompleteList,
  { journal, listed }: { journal: ReadingJournal; listed: EventJournal['listed'] },
): Promise<void> {
  // of what is only hidden by a list, many may be: flavors and users of years, whose ends nobody told
  if (isLedgerOrNetwork(kind)) {
    const open = await journal.openResources(kind)
    lacking(
      `${kind}s`,
      list,
      open.map(({ id, updatedAt }) => ({ id, heardAt: updatedAt })),
    )
  }
  await listed({ kind, ...list })
}

const isLedgerOrNetwork = (kind: string): kind is ResourceKind | NetworkKind =>
  [...resourceKinds, ...networkKinds].some((one) => one === kind)

/** Ends what is gone and tells the journal of the list. Returns how many were gone. */
export async function settleMissing(
  clouds: readonly Cloud[],
  list: CompleteList,
  parts: { take: Take; journal: ReadingJournal; listed: EventJournal['listed']; clock: Clock },
): Promise<number> {
  const { take, journal, listed } = parts
  const missing = missingFrom(list, await journal.openInstances())
  const goneIds = await goneOf(
    clouds,
    missing.map(({ id }) => id),
    take,
  )
  const gone = missing.filter(({ id }) => goneIds.has(id))
  const there = missing.flatMap(({ id }) => (goneIds.has(id) ? [] : id))
  const ends = await endsOf(clouds, gone, journal, parts.clock.now())
  // an end without a time is put where the instance was last heard of: the newest list that had it is a word of it
  await take.events(
    gone.flatMap((instance) => {
      const at = ends.get(instance.id)
      if (at !== undefined) return ending(instance, at, parts.clock.now())
      return instance.listedAt !== null && instance.listedAt > instance.toldAt ? sighting(instance, instance.listedAt) : []
    }),
  )
  await listed({ kind: 'instance', readAt: list.readAt, ids: [...list.ids, ...there] })
  return gone.length
}

/**
 * Looks into actions that should have ended. An instance whose deletion has begun, and that no cloud knows any more, is ended where
 * Nova says that it ended; where Nova says nothing, the next complete list ends it. Returns how many were ended.
 */
export async function endDeleted(
  clouds: readonly Cloud[],
  overdue: readonly Overdue[],
  { take, journal, clock }: { take: Take; journal: ReadingJournal; clock: Clock },
): Promise<number> {
  if (overdue.length === 0) return 0
  const gone = await goneOf(clouds, [...new Set(overdue.map(({ instance }) => instance))], take)
  const deleted = new Set(overdue.flatMap(({ instance, action }) => (action === 'delete' && gone.has(instance) ? instance : [])))
  if (deleted.size === 0) return 0
  const open = (await journal.openInstances()).filter(({ id }) => deleted.has(id))
  const ends = await endsOf(clouds, open, journal, clock.now())
  const events = open.flatMap((instance) => {
    const at = ends.get(instance.id)
    return at === undefined ? [] : ending(instance, at, clock.now())
  })
  await take.events(events)
  return events.length
}

/** Calls for single instances at a time. */
const atOnce = 4

/** Those of the instances that no cloud knows; what a cloud says of the others is taken in. */
async function goneOf(clouds: readonly Cloud[], ids: readonly string[], take: Take): Promise<Set<string>> {
  const gone = new Set<string>()
  await inParallel(atOnce, ids, async (id) => {
    const answers = await Promise.all(clouds.map((cloud) => lookAt(cloud, take, id)))
    if (!answers.includes('there')) gone.add(id)
  })
  return gone
}

/** The instance was in the list read at `at`: it lived then. */
const sighting = ({ id, project, host }: Open, at: number): CloudEvent =>
  nativeEvent({
    id: `seen:${id}:${at}`,
    type: 'instance.seen',
    time: at,
    service: 'nova',
    publisher: 'openstack api',
    resource: { kind: 'instance', id },
    project,
    host,
    instance: {},
  })

/**
 * Ends that Nova still knows, or has told: from its usage; from the end that it put into an instance which it soft-deleted without
 * its host; from the action that deleted. A soft-deleted one of which it says nothing ended when it was last heard of at the latest.
 */
async function endsOf(
  clouds: readonly Cloud[],
  gone: readonly Open[],
  journal: ReadingJournal,
  now: number,
): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  const states = await journal.ledgerStates(gone.map(({ id }) => id))
  for (const [project, its] of Map.groupBy(gone, ({ project }) => project)) {
    const ended = project === null ? new Map<string, number>() : await usageEnds(clouds, project, its, now)
    for (const instance of its) {
      const state = states.get(instance.id)
      const told = ended.get(instance.id) ?? state?.keptTerminatedAt ?? (await deletedAt(clouds, instance.id))
      const at = told ?? (state?.state === 'soft-delete' ? heardAt(instance) : null)
      if (at !== null) ends.set(instance.id, at)
    }
  }
  return ends
}

async function usageEnds(
  clouds: readonly Cloud[],
  project: string,
  its: readonly Open[],
  now: number,
): Promise<Map<string, number>> {
  const from = Math.min(...its.map(heardAt)) - 3_600_000
  const ends = new Map<string, number>()
  for (const cloud of clouds)
    for (const { instance, endedAt } of await novaUsage(cloud, { from, to: now }, project))
      if (endedAt !== null) ends.set(instance, endedAt)
  return ends
}

async function deletedAt(clouds: readonly Cloud[], id: string): Promise<number | null> {
  for (const cloud of clouds) {
    const path = `/servers/${encodeURIComponent(id)}/os-instance-actions`
    const reply = await cloud.find('compute', path, {}, { atLeast: '2.58' })
    if (reply === null) continue
    const deletes = entries(reply.body, 'instanceActions').filter((action) =>
      /^(delete|forceDelete)$/.test(text(action.action) ?? ''),
    )
    const newest = actionHeads({ instanceActions: deletes })[0]
    if (newest) return newest.updatedAt ?? newest.startedAt
  }
  return null
}

function ending({ id, project, host }: Open, terminatedAt: number, now: number): CloudEvent {
  return nativeEvent({
    id: `ended:${id}:${terminatedAt}`,
    type: 'instance.observed',
    time: now,
    service: 'nova',
    publisher: 'openstack api',
    resource: { kind: 'instance', id },
    project,
    host,
    instance: { state: 'deleted', terminatedAt },
  })
}
