/**
 * Fills a journal with what a cloud did before Specola came. Every page is durable before the journal is told that it is there;
 * a page that is read twice changes nothing. So a kill costs one page.
 */
import type { Clock } from '../../model/clock.ts'
import { AppError, type EventJournal, type Intake, type ReadingJournal } from '../../model/contract.ts'
import { type Json, nativeEvent } from '../../model/event.ts'
import { listedKinds } from '../../model/resource.ts'
import { resourceKinds } from '../../model/usage.ts'
import type { Cloud } from '../../openstack/client.ts'
import { lists } from '../../openstack/lists.ts'
import { entries } from '../../openstack/reply.ts'
import { inParallel } from '../in-parallel.ts'
import { readActions } from './actions.ts'
import { type CompleteLists, completeLists } from './complete-lists.ts'
import { settleMissing, settleResources } from './missing.ts'
import { readList } from './read-list.ts'
import { changesMark, fullMark } from './round.ts'
import { allServers, changedServers, type ServerPage } from './servers.ts'
import { take as taker } from './take.ts'
import { readAuditLog, readServiceStates } from './witnesses.ts'

/** Where a backfill is: which step of a cloud, and how far in it; `total` null: nobody knows. */
export type Progress = (cloud: string, step: string, done: number, total: number | null) => void

export interface BackfillParts {
  clouds: readonly Cloud[]
  /** Instances changed since then, the deleted included; epoch ms. 0: all that Nova still has. */
  since: number
  intake: Pick<Intake, 'events'>
  journal: ReadingJournal
  listed: EventJournal['listed']
  clock: Clock
  progress: Progress
  signal: AbortSignal
}

export interface Backfilled {
  instances: number
  actions: number
  resources: number
  news: number
  gone: number
  /** Lists that could not be read, in words. */
  complaints: string[]
  /** It went on where an earlier one had been stopped. */
  resumed: boolean
}

/** Instances a page: what a kill costs. */
const pageSize = 200
/** Calls for actions at a time. */
const atOnce = 4

const task = 'backfill'

/** Kept in the journal after each page. */
interface Mark {
  since: number
  /** Of the page to read next; null before the first and after the last. */
  marker: string | null
  /** When the first page was read, by Nova's clock: changes count from there. */
  date: number | null
  done: number
  instancesRead: boolean
}

export async function backfill(parts: BackfillParts): Promise<Backfilled> {
  const total: Backfilled = { instances: 0, actions: 0, resources: 0, news: 0, gone: 0, complaints: [], resumed: false }
  const together = completeLists(parts.clouds.map(({ name }) => name))
  for (const cloud of parts.clouds) await backfillCloud(cloud, parts, together, total)
  return total
}

async function backfillCloud(cloud: Cloud, parts: BackfillParts, together: CompleteLists, total: Backfilled): Promise<void> {
  const { journal, clock, progress, signal } = parts
  const take = taker(parts.intake, journal)
  const complain = (error: unknown) => {
    if (!(error instanceof AppError)) throw error
    total.complaints.push(error.message)
  }
  const began = clock.now()
  const started = await readMark(journal, cloud.name, parts.since)
  let mark = started
  if (mark.done > 0) total.resumed = true
  if (!mark.instancesRead) {
    const count = await countServers(cloud, parts.since)
    progress(cloud.name, 'instances', mark.done, count)
    for await (const page of pagesFrom(mark.marker)) {
      signal.throwIfAborted()
      total.instances += page.entries.length
      total.news += page.news
      await inParallel(atOnce, page.entries, async ({ id, project }) => {
        signal.throwIfAborted()
        const { told } = await readActions(cloud, { take, journal }, id, project)
        total.actions += told
      })
      mark = {
        since: parts.since,
        marker: page.marker,
        date: mark.date ?? page.date,
        done: mark.done + page.entries.length,
        instancesRead: page.marker === null,
      }
      await journal.setMark(cloud.name, task, { ...mark })
      progress(cloud.name, 'instances', mark.done, Math.max(count, mark.done))
    }
  }
  // rows that were never changed since they were made have no time of change, and no filter by it finds them
  const servers = await allServers(cloud, take)
  total.news += servers.news
  for (const [i, shape] of lists.entries()) {
    signal.throwIfAborted()
    progress(cloud.name, shape.list.replaceAll('_', ' '), i, lists.length)
    if (!(await cloud.has(shape.service))) continue
    try {
      const { read, news, complete } = await readList(cloud, shape, take, clock)
      total.resources += read
      total.news += news
      const known = [...resourceKinds, ...listedKinds].find((kind) => kind === shape.kind)
      const union = known && complete && together.put(cloud.name, known, complete)
      if (known && union) await settleResources(known, union, parts)
    } catch (error) {
      complain(error)
    }
  }
  progress(cloud.name, 'services', lists.length, lists.length)
  await readServiceStates(cloud, take, complain)
  await readAuditLog(cloud, take).catch(complain)
  const union = together.put(cloud.name, 'instance', servers.complete)
  if (union) total.gone += await settleMissing(parts.clouds, union, { take, journal, listed: parts.listed, clock }).catch(settled)
  // from here on the collector reads on
  await journal.setMark(cloud.name, changesMark, mark.date ?? servers.date)
  if (total.complaints.length === 0) await journal.setMark(cloud.name, fullMark, began)
  await journal.setMark(cloud.name, task, { ...fresh(parts.since) })
  await take.events([finished(cloud.name, clock.now(), total)])

  function settled(error: unknown): number {
    complain(error)
    return 0
  }

  /** From a marker whose instance Nova has purged meanwhile, everything is read anew: that changes nothing. */
  async function* pagesFrom(marker: string | null): AsyncGenerator<ServerPage> {
    try {
      yield* changedServers(cloud, take, parts.since, marker ?? undefined, pageSize)
    } catch (error) {
      const purged = marker !== null && error instanceof AppError && error.code === 'invalid' && mark.marker === marker
      if (!purged) throw error
      mark = fresh(parts.since)
      yield* changedServers(cloud, take, parts.since, undefined, pageSize)
    }
  }
}

const fresh = (since: number): Mark => ({ since, marker: null, date: null, done: 0, instancesRead: false })

/** A mark of another `since` is of another backfill. */
async function readMark(journal: ReadingJournal, cloud: string, since: number): Promise<Mark> {
  const kept = (await journal.mark(cloud, task)) as Mark | null
  return kept?.since === since ? kept : fresh(since)
}

/** How many there are to read, so that a bar can be drawn: ids alone come fast. */
async function countServers(cloud: Cloud, since: number): Promise<number> {
  const query = { all_tenants: 1, limit: 1000, 'changes-since': new Date(since).toISOString().replace(/\.\d+Z$/, 'Z') }
  let count = 0
  for await (const { body } of cloud.pages('compute', '/servers', 'servers', query, {
    role: 'role admin (instances of all projects)',
  }))
    count += entries(body, 'servers').length
  return count
}

/** What was done shows among the events. */
const finished = (cloud: string, at: number, { instances, actions, resources, news }: Backfilled) =>
  nativeEvent({
    id: `backfill:${cloud}:${at}`,
    type: 'specola.backfill',
    time: at,
    service: 'specola',
    publisher: 'specola',
    facts: { cloud, instances, actions, resources, news } satisfies Record<string, Json>,
  })
