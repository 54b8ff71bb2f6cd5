/** What people tell the alerter. */
import { randomUUID } from 'node:crypto'
import type { Scope } from '../model/access.ts'
import type { AlertCluster, CheckOrder } from '../model/alert-cluster.ts'
import type { Clock } from '../model/clock.ts'
import type { AlertCommands, AlertJournal, DowntimeRequest, Live } from '../model/contract.ts'
import { cannotBe, type StoredDowntime } from '../model/downtime.ts'
import type { AlertBatch } from '../model/tracked-check.ts'
import { carryOut } from './carry-out.ts'
import { takeTurns } from './downtime-turns.ts'
import { subjectOfCheck, subjectOfTarget } from './downtimes.ts'
import { emptyBatch } from './judge.ts'
import type { Entry } from './registry.ts'
import type { AlerterConfig } from './section.ts'
import type { Around } from './surroundings.ts'

export interface CommandDeps {
  config: AlerterConfig
  journal: Pick<AlertJournal, 'check'>
  live: Pick<Live, 'publish'>
  clock: Clock
  /** Null until the engine runs. */
  around: () => Around | null
  commit(batch: AlertBatch): Promise<readonly string[]>
  /** Null: there is no other engine. */
  cluster: AlertCluster | null
}

export function alertCommands(deps: CommandDeps): AlertCommands {
  const { journal, live, clock, commit } = deps

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

  /** Done by the engine that decides on the check: here, or by another one that is asked. */
  async function byOwner(entry: Entry, order: CheckOrder): Promise<true> {
    const { cluster } = deps
    const owned = cluster?.owns(entry.target) ?? true
    const refused = owned ? await carryOut(deps, entry, order) : [entry.stored.id]
    if (refused.length > 0) await cluster?.order(entry.target, order)
    return true
  }

  return {
    async acknowledge(scope, check, by, comment, sticky, options = {}) {
      const entry = await findProblem(scope, check)
      if (!entry || (options.until !== undefined && options.until <= clock.now())) return false
      return byOwner(entry, { do: 'acknowledge', check, by, comment, sticky, options })
    },

    async unacknowledge(scope, check, by) {
      const entry = await findProblem(scope, check)
      if (!entry || entry.stored.acknowledgement === null) return false
      return byOwner(entry, { do: 'unacknowledge', check, by })
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
