/** What people tell the alerter. */
import { randomUUID } from 'node:crypto'
import type { Scope } from '../model/access.ts'
import type { Acknowledgement } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type { AlertCommands, AlertJournal, DowntimeRequest, Live } from '../model/contract.ts'
import { cannotBe, type StoredDowntime } from '../model/downtime.ts'
import { within } from '../model/time-period.ts'
import type { AlertBatch } from '../model/tracked-check.ts'
import { addressesOf, concernsIt, maySee } from './contacts.ts'
import { takeTurns } from './downtime-turns.ts'
import { subjectOfCheck, subjectOfTarget } from './downtimes.ts'
import { emptyBatch, notificationTo } from './judge.ts'
import { problemOf } from './problem.ts'
import type { Entry } from './registry.ts'
import type { AlerterConfig, Contact } from './section.ts'
import type { Around } from './surroundings.ts'

export interface CommandDeps {
  config: AlerterConfig
  journal: Pick<AlertJournal, 'check'>
  live: Pick<Live, 'publish'>
  clock: Clock
  /** Null until the engine runs. */
  around: () => Around | null
  commit(batch: AlertBatch): Promise<void>
}

export function alertCommands(deps: CommandDeps): AlertCommands {
  const { config, journal, live, clock, commit } = deps

  /** The scope is applied by the journal's query, then the living entry is taken. */
  async function find(scope: Scope, id: string): Promise<Entry | null> {
    if ((await journal.check(scope, id)) === null) return null
    return deps.around()?.registry.entries.get(id) ?? null
  }

  async function findProblem(scope: Scope, id: string): Promise<Entry | null> {
    const entry = await find(scope, id)
    return entry && entry.stored.state.state !== 'ok' ? entry : null
  }

  const changed = ({ stored: { id, project, state } }: Entry) =>
    live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })

  /** Those who heard of the problem hear that somebody took it, so that they need not. */
  function tellOthers({ stored, target, rule }: Entry, { time }: Acknowledgement) {
    if (stored.told.states.length === 0) return []
    const { heard } = stored.told
    const hears = (contact: Contact) =>
      heard
        ? heard[contact.name] !== undefined && (contact.period === null || within(contact.period, time))
        : concernsIt(contact, { project: target.project, rule: rule.name }) &&
          stored.told.states.some((state) => (contact.states as readonly string[]).includes(state))
    const problem = problemOf(stored)
    const said = { kind: 'acknowledgement', problem, transition: null, instances: null, time } as const
    return config.contacts
      .filter((contact) => maySee(contact, target) && hears(contact))
      .flatMap((contact) => {
        const before = { heard: heard?.[contact.name] ?? null, importance: rule.importance }
        return addressesOf(contact, target).map((recipient) => notificationTo(config, recipient, { ...said, ...before }))
      })
  }

  return {
    async acknowledge(scope, id, author, comment, sticky, { until, persistent = false, notify = true, began } = {}) {
      const entry = await findProblem(scope, id)
      const time = clock.now()
      if (!entry || (until !== undefined && until <= time)) return false
      if (began !== undefined && entry.stored.told.began !== began) return false
      const acknowledgement = { author, comment, time, sticky, ...(until === undefined ? {} : { until }) }
      entry.stored = { ...entry.stored, acknowledgement }
      const batch = emptyBatch()
      batch.checks.push(entry.stored)
      if (notify) batch.notifications.push(...tellOthers(entry, acknowledgement))
      if (persistent && comment !== '') batch.comments.push({ check: id, time, author, text: comment })
      await commit(batch)
      changed(entry)
      return true
    },

    async unacknowledge(scope, id) {
      const entry = await findProblem(scope, id)
      if (!entry || entry.stored.acknowledgement === null) return false
      entry.stored = { ...entry.stored, acknowledgement: null }
      await commit({ ...emptyBatch(), checks: [entry.stored] })
      changed(entry)
      return true
    },

    async scheduleDowntime(scope, request) {
      const entry = await find(scope, request.check)
      const around = deps.around()
      if (!entry || !around) return null
      const now = clock.now()
      const downtime = downtimeOf(request, entry, now)
      const trigger = request.triggeredBy
      const wrong =
        cannotBe(downtime, now) ??
        (trigger !== undefined && !around.downtimes.find(trigger)
          ? 'the downtime that it is to begin with is over or never was'
          : null)
      if (wrong !== null) return { ok: false, reason: wrong }
      const batch = emptyBatch()
      batch.downtimes.push(downtime)
      around.downtimes.add(downtime)
      takeTurns(around, around.downtimes.takeDue(now), now, batch)
      await commit(batch)
      changed(entry)
      return { ok: true, id: downtime.id }
    },

    async cancelDowntime(scope, id) {
      const around = deps.around()
      const downtime = around?.downtimes.find(id)
      if (!around || !downtime) return false
      const entry = [...around.registry.entries.values()].find((one) => covers(downtime, one))
      if (!entry || (await journal.check(scope, entry.stored.id)) === null) return false
      const now = clock.now()
      const batch = emptyBatch()
      takeTurns(around, around.downtimes.cancel(id), now, batch)
      await commit(batch)
      changed(entry)
      return true
    },
  }
}

const covers = ({ subject }: StoredDowntime | { subject: string }, { stored, target }: Entry) =>
  subject === subjectOfCheck(stored.id) || subject === subjectOfTarget(target)

function downtimeOf(request: DowntimeRequest, { stored, target }: Entry, now: number): StoredDowntime {
  const { wholeTarget, by, comment, start, end, flexibleMs, triggeredBy } = request
  return {
    id: randomUUID(),
    subject: wholeTarget ? subjectOfTarget(target) : subjectOfCheck(stored.id),
    fixed: flexibleMs === null,
    ...{ start: Math.max(start, now), end, durationMs: flexibleMs ?? 0, triggeredBy: triggeredBy ?? null },
    ...{ author: by, comment, active: false, since: null, endedAt: null, outcome: null },
  }
}
