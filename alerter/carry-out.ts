/** What the owner of a check does when it is asked: by a person here, or by another engine. */
import type { CheckOrder } from '../model/alert-cluster.ts'
import { type Acknowledgement, covers } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type { Live } from '../model/contract.ts'
import { within } from '../model/time-period.ts'
import type { AlertBatch } from '../model/tracked-check.ts'
import { addressesOf, concernsIt, maySee } from './contacts.ts'
import { takeTurns } from './downtime-turns.ts'
import { type Collected, emptyBatch, judgeResult, notificationTo } from './judge.ts'
import { resultOf } from './passive.ts'
import { problemOf } from './problem.ts'
import type { Entry } from './registry.ts'
import type { AlerterConfig, Contact } from './section.ts'
import type { Around } from './surroundings.ts'

export interface CarryOutDeps {
  config: AlerterConfig
  live: Pick<Live, 'publish'>
  clock: Clock
  around: () => Around | null
  commit(batch: AlertBatch): Promise<readonly string[]>
}

/**
 * Decides, writes and shows it. `id`: the other engine's order, which ends with it. Returns the checks that another engine decides
 * on by now: then nothing was done, and it is to be asked.
 */
export async function carryOut(
  deps: CarryOutDeps,
  entry: Entry | null,
  order: CheckOrder,
  id?: number,
): Promise<readonly string[]> {
  const batch: Collected & { orders: number[] } = { ...emptyBatch(), orders: id === undefined ? [] : [id] }
  if (entry) decideOn(deps, entry, order, batch)
  const refused = await deps.commit(batch)
  if (entry && refused.length === 0 && batch.checks.length > 0) {
    const { id: check, project, state } = entry.stored
    deps.live.publish({ kind: 'problem', check, project, state: state.state, hard: state.hard })
  }
  return refused
}

/** What was asked may be pointless by now: then nothing changes. */
function decideOn(deps: CarryOutDeps, entry: Entry, order: CheckOrder, batch: Collected): void {
  const time = deps.clock.now()
  const { stored } = entry
  const isProblem = stored.state.state !== 'ok'
  switch (order.do) {
    case 'acknowledge': {
      const { by, comment, sticky, options } = order
      const { until, persistent = false, notify = true, began } = options
      if (!isProblem || (until !== undefined && until <= time)) return
      if (began !== undefined && stored.told.began !== began) return
      const acknowledgement: Acknowledgement = {
        ...{ author: by, comment, time, sticky },
        ...(until === undefined ? {} : { until }),
      }
      entry.stored = { ...stored, acknowledgement }
      batch.checks.push(entry.stored)
      if (notify) batch.notifications.push(...tellOthers(deps.config, entry, acknowledgement))
      if (persistent && comment !== '') batch.comments.push({ check: stored.id, time, author: by, text: comment })
      return
    }
    case 'unacknowledge':
      if (!isProblem || stored.acknowledgement === null) return
      entry.stored = { ...stored, acknowledgement: null }
      batch.checks.push(entry.stored)
      return
    case 'result': {
      const around = deps.around()
      if (around) takeTurns(around, judgeResult(around, entry, resultOf(order.result), time, batch), time, batch, entry)
      return
    }
    case 'cancel-downtime': {
      const around = deps.around()
      if (around) takeTurns(around, around.downtimes.cancel(order.id), time, batch)
      return
    }
    case 'check-now':
      entry.again = entry.running
      entry.stored = { ...stored, nextCheck: time }
  }
}

/** Those who heard of the problem hear that somebody took it, so that they need not. */
function tellOthers(config: AlerterConfig, { stored, target, rule }: Entry, { time }: Acknowledgement) {
  if (stored.told.states.length === 0) return []
  const { heard } = stored.told
  const hears = (contact: Contact) =>
    heard
      ? heard[contact.name] !== undefined && (contact.period === null || within(contact.period, time))
      : concernsIt(contact, { project: target.project, rule: rule.name }) &&
        stored.told.states.some((state) => covers(contact.states, state))
  const said = { kind: 'acknowledgement', problem: problemOf(stored), transition: null, instances: null, time } as const
  return config.contacts
    .filter((contact) => maySee(contact, target) && hears(contact))
    .flatMap((contact) => {
      const before = { heard: heard?.[contact.name] ?? null, importance: rule.importance }
      return addressesOf(contact, target).map((recipient) => notificationTo(config, recipient, { ...said, ...before }))
    })
}
