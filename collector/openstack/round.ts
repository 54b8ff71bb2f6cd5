/** One reading of a cloud: what changed since the last one, and at times everything. */
import type { Clock } from '../../model/clock.ts'
import {
  AppError,
  type CapacityJournal,
  type EventJournal,
  type Intake,
  type ReadingJournal,
  type UsageJournal,
} from '../../model/contract.ts'
import { listedKinds, networkKinds } from '../../model/resource.ts'
import { resourceKinds } from '../../model/usage.ts'
import type { Cloud } from '../../openstack/client.ts'
import { type ListShape, lists } from '../../openstack/lists.ts'
import { inParallel } from '../in-parallel.ts'
import { readActions } from './actions.ts'
import type { CompleteLists } from './complete-lists.ts'
import { changesSince, deafSince, fullListDue, restAfter } from './due.ts'
import { endDeleted, settleMissing, settleResources } from './missing.ts'
import { placementReader } from './placement.ts'
import { readList } from './read-list.ts'
import { allServers, changedServers } from './servers.ts'
import { take as taker } from './take.ts'
import { readAuditLog, readEarlierAudits, readServiceStates } from './witnesses.ts'

export interface RoundParts {
  cloud: Cloud
  /** All clouds that are read: only together they know what is gone. Null until each is open. */
  clouds: () => readonly Cloud[] | null
  together: CompleteLists
  interval: number
  fullList: { every: number; hour: number }
  intake: Pick<Intake, 'events'>
  journal: ReadingJournal
  listed: EventJournal['listed']
  overdue: UsageJournal['overdue']
  capacity: CapacityJournal
  clock: Clock
}

export interface RoundResult {
  full: boolean
  read: number
  news: number
  actions: number
  gone: number
  servicesDown: readonly string[]
  /** What was refused or broken, in words; the rest of the round went on. */
  complaints: readonly string[]
}

/** Marks of the journal: when the changes, and when everything, were last read. */
export const changesMark = 'changes'
export const fullMark = 'full'
/** The end of the newest period of Nova's audit whose log was read. */
const auditsMark = 'audits'

/** Of these the journal is told of complete lists. */
const wholeKinds = [...resourceKinds, ...listedKinds]

/**
 * What is counted by time, and networks, subnets and ports, are read as often as this, ms: neither figures nor addresses should be
 * yesterday's where a service's notifications are not heard. Neutron cannot be asked for what changed: its validation of filters
 * refuses `changed_since`.
 */
const listsEvery = 3_600_000
const frequentKinds: readonly string[] = [...resourceKinds, ...networkKinds]
const frequentLists = lists.filter(({ kind }) => frequentKinds.includes(kind))

/** Instances whose actions are asked for at a time. */
const atOnce = 4

export interface Rounds {
  /** Throws when the instances could not be read; a list that could not be read is a complaint. */
  next(): Promise<RoundResult>
}

export function rounds(parts: RoundParts): Rounds {
  const { cloud, journal, clock, interval } = parts
  const take = taker(parts.intake, journal)
  const placement = placementReader(cloud, parts.capacity)
  /** Instances whose actions were read when Nova's row of them was as old as this. */
  const actionsReadAt = new Map<string, string | null>()
  /** Overdue actions of the last round: they were looked into. */
  let lookedInto: ReadonlySet<string> = new Set()
  /** No reading of everything before, epoch ms. */
  let restsUntil = 0
  let listsReadAt: number | null = null

  async function markOf(task: string): Promise<number | null> {
    const mark = await journal.mark(cloud.name, task)
    return typeof mark === 'number' ? mark : null
  }

  async function next(): Promise<RoundResult> {
    const result = {
      full: false,
      read: 0,
      news: 0,
      actions: 0,
      gone: 0,
      complaints: [] as string[],
      servicesDown: [] as string[],
    }
    const complain = (error: unknown) => {
      if (!(error instanceof AppError)) throw error
      result.complaints.push(error.message)
    }
    const began = clock.now()
    const last = await markOf(fullMark)
    const due = fullListDue(last, parts.fullList, began) || deafSince(last, await journal.heardAgainAt())
    result.full = due && began >= restsUntil
    const listsDue = listsReadAt === null || began - listsReadAt >= listsEvery
    await changes(result)
    if (result.full) {
      restsUntil = began + restAfter(0, true)
      await everything(result, complain)
      restsUntil = began + restAfter(clock.now() - began, result.complaints.length > 0)
    } else if (listsDue) await readLists(frequentLists, result, complain)
    if (result.full || listsDue) listsReadAt = began
    await overdue(result).catch(complain)
    const states = await readServiceStates(cloud, take, complain)
    result.servicesDown = states.filter(({ up, enabled }) => enabled && !up).map(({ binary, host }) => `${binary} on ${host}`)
    await audits().catch(complain)
    await placement.read().catch(complain)
    // what could not be read is tried again
    if (result.full && result.complaints.length === 0) await journal.setMark(cloud.name, fullMark, began)
    return result
  }

  /** The newest log, and those that came since the last one that was read: while we were away, or could not ask. */
  async function audits(): Promise<void> {
    const log = await readAuditLog(cloud, take)
    if (!log) return
    const known = await markOf(auditsMark)
    if (known === log.to) return
    if (known !== null) await readEarlierAudits(cloud, take, log, known)
    await journal.setMark(cloud.name, auditsMark, log.to)
  }

  async function changes(result: { read: number; news: number; actions: number }): Promise<void> {
    const last = await markOf(changesMark)
    if (last === null) return // everything is read now; changes count from here
    const since = changesSince(last, interval)
    let date = Number.POSITIVE_INFINITY
    for await (const page of changedServers(cloud, take, since)) {
      date = Math.min(date, page.date)
      result.read += page.read
      result.news += page.news
      await inParallel(atOnce, page.entries, async ({ id, updated, project }) => {
        if (actionsReadAt.has(id) && actionsReadAt.get(id) === updated) return
        const { told, pending } = await readActions(cloud, { take, journal }, id, project, since)
        result.actions += told
        if (pending) actionsReadAt.delete(id)
        else actionsReadAt.set(id, updated)
      })
    }
    if (actionsReadAt.size > 100_000) actionsReadAt.clear()
    await journal.setMark(cloud.name, changesMark, date)
  }

  async function everything(
    result: { read: number; news: number; gone: number },
    complain: (error: unknown) => void,
  ): Promise<void> {
    const servers = await allServers(cloud, take)
    result.read += servers.read
    result.news += servers.news
    if ((await markOf(changesMark)) === null) await journal.setMark(cloud.name, changesMark, servers.date)
    await readLists(lists, result, complain)
    const union = parts.together.put(cloud.name, 'instance', servers.complete)
    if (union)
      try {
        result.gone += await settleMissing(parts.clouds() ?? [], union, { take, journal, listed: parts.listed, clock })
      } catch (error) {
        complain(error)
      }
  }

  async function readLists(
    shapes: readonly ListShape[],
    result: { read: number; news: number },
    complain: (error: unknown) => void,
  ): Promise<void> {
    for (const shape of shapes) {
      if (!(await cloud.has(shape.service))) {
        put(shape.kind, { readAt: clock.now(), ids: [] }).catch(complain)
        continue
      }
      try {
        const { read, news, complete } = await readList(cloud, shape, take, clock)
        result.read += read
        result.news += news
        if (complete) await put(shape.kind, complete)
      } catch (error) {
        complain(error)
      }
    }
  }

  async function put(kind: string, list: { readAt: number; ids: readonly string[] }): Promise<void> {
    const known = wholeKinds.find((one) => one === kind)
    const union = known && parts.together.put(cloud.name, known, list)
    if (known && union) await settleResources(known, union, parts)
  }

  /** What should have ended by now and of whose end nothing was heard: each is looked into once. */
  async function overdue(result: { gone: number }): Promise<void> {
    const clouds = parts.clouds()
    if (clouds === null) return
    const waiting = new Map((await parts.overdue(clock.now())).map((one) => [`${one.instance} ${one.action} ${one.since}`, one]))
    const news = [...waiting].flatMap(([key, one]) => (lookedInto.has(key) ? [] : one))
    result.gone += await endDeleted(clouds, news, { take, journal, clock })
    lookedInto = new Set(waiting.keys())
  }

  return { next }
}
