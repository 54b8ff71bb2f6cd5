/** What people tell the alerter. */
import { randomUUID } from 'node:crypto'
import type { Scope } from '../model/access.ts'
import type { AlertCluster, CheckOrder } from '../model/alert-cluster.ts'
import type { Problem } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type { AlertCommands, AlertJournal, DowntimeRequest, Live } from '../model/contract.ts'
import { cannotBe, type Downtime, type StoredDowntime } from '../model/downtime.ts'
import type { ResourceRef } from '../model/event.ts'
import { refOf } from '../model/strays.ts'
import type { AlertBatch } from '../model/tracked-check.ts'
import { carryOut } from './carry-out.ts'
import { dueTurns, knows, takeTurns } from './downtime-turns.ts'
import { subjectOfCheck, subjectOfTarget } from './downtimes.ts'
import { emptyBatch } from './judge.ts'
import type { Entry } from './registry.ts'
import type { AlerterConfig } from './section.ts'
import type { Around } from './surroundings.ts'

export interface CommandDeps {
  config: AlerterConfig
  journal: Pick<AlertJournal, 'check' | 'checksOf'>
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

  /**
   * The scope is applied by the journal's query, then the living entry is taken. Of several engines another one may know a target that
   * this one does not.
   */
  async function find(scope: Scope, id: string): Promise<{ check: Problem; entry: Entry | null; around: Around } | null> {
    const check = await journal.check(scope, id)
    const around = deps.around()
    if (!check || !around) return null
    const entry = around.registry.entries.get(id) ?? null
    return entry || deps.cluster?.owns(check.target) === false ? { check, entry, around } : null
  }

  async function findProblem(scope: Scope, id: string) {
    const found = await find(scope, id)
    if (!found) return null
    const { check, entry } = found
    const { state, began, acknowledgement } = entry
      ? { ...entry.stored, state: entry.stored.state.state, began: entry.stored.told.began }
      : check
    return state === 'ok' ? null : { target: check.target, entry, began, acknowledgement }
  }

  const changed = ({ check: id, project, state, hard }: Problem) =>
    live.publish({ kind: 'problem', check: id, project, state, hard })

  /** Done by the engine that decides on the check: here, or by another one that is asked. */
  async function byOwner(target: ResourceRef, entry: Entry | null, order: CheckOrder): Promise<true> {
    const { cluster } = deps
    const owned = entry !== null && (cluster?.owns(target) ?? true)
    const refused = owned ? await carryOut(deps, entry, order) : [order.check]
    if (refused.length > 0) await cluster?.order(target, order)
    return true
  }

  return {
    async acknowledge(scope, check, by, comment, sticky, options = {}) {
      const found = await findProblem(scope, check)
      if (!found || (options.until !== undefined && options.until <= clock.now())) return false
      if (options.began !== undefined && found.began !== options.began) return false
      return byOwner(found.target, found.entry, { do: 'acknowledge', check, by, comment, sticky, options })
    },

    async unacknowledge(scope, check, by) {
      const found = await findProblem(scope, check)
      if (!found || found.acknowledgement === null) return false
      return byOwner(found.target, found.entry, { do: 'unacknowledge', check, by })
    },

    async scheduleDowntime(scope, request) {
      const found = await find(scope, request.check)
      if (!found) return null
      const { check, around } = found
      const now = clock.now()
      const downtime = downtimeOf(request, check, now)
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
      takeTurns(around, dueTurns(around, now, deps.cluster !== null), now, batch)
      await commit(batch)
      changed(check)
      return { ok: true, id: downtime.id }
    },

    async cancelDowntime(scope, id) {
      const around = deps.around()
      const downtime = around?.downtimes.find(id)
      const check = downtime && (await checkOf(journal, scope, downtime))
      if (!around || !check) return false
      // who knows the check tells of it
      if (!knows(around, downtime) && deps.cluster) {
        await deps.cluster.order(check.target, { do: 'cancel-downtime', check: check.check, id })
        return true
      }
      const now = clock.now()
      const batch = emptyBatch()
      takeTurns(around, around.downtimes.cancel(id), now, batch)
      await commit(batch)
      changed(check)
      return true
    },
  }
}

/** A check that the downtime is for, in the scope. */
async function checkOf(journal: CommandDeps['journal'], scope: Scope, { subject }: Downtime): Promise<Problem | null> {
  const { kind, id } = refOf(subject)
  return kind === 'check' ? journal.check(scope, id) : ((await journal.checksOf(scope, { kind, id }))[0] ?? null)
}

function downtimeOf(request: DowntimeRequest, { check, target }: Problem, now: number): StoredDowntime {
  const { wholeTarget, by, comment, start, end, flexibleMs, triggeredBy } = request
  return {
    id: randomUUID(),
    subject: wholeTarget ? subjectOfTarget(target) : subjectOfCheck(check),
    fixed: flexibleMs === null,
    ...{ start: Math.max(start, now), end, durationMs: flexibleMs ?? 0, triggeredBy: triggeredBy ?? null },
    ...{ author: by, comment, active: false, since: null, endedAt: null, outcome: null },
  }
}
