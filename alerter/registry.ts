/** Every check that runs: rules × targets, with what is remembered of each. */

import type { Target } from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'
import { steady } from '../model/flapping.ts'
import { pending } from '../model/state.ts'
import { concerns } from '../model/target-filter.ts'
import type { StoredCheck } from '../model/tracked-check.ts'
import { type OwnRule, ownRule } from './overrides.ts'
import type { Rule } from './rules.ts'
import { checkId, firstCheck, slotOffset, spreadOffset } from './schedule.ts'
import { untold } from './tell.ts'

export interface Entry {
  rule: Rule
  target: Target
  stored: StoredCheck
  /** The check's place in its interval. */
  offset: number
  /** A run is under way: no second one is started. */
  running: boolean
  /** Asked for while it ran: what it read may be old, so it runs again at once. */
  again: boolean
  missingSince: number | null
  /** What the target changes of the rule for itself, and what of it does not count. */
  own: Pick<OwnRule, 'applied' | 'notices'>
}

const groupGraceMs = { region: 600_000, zone: 600_000, router: 600_000, network: 600_000, source: 600_000, impact: 3_600_000 }
/** How long a target may be missing before its checks end. Connections appear only as their collectors start. */
const graceMs = {
  ...{ instance: 45_000, hypervisor: 600_000, connection: 600_000, project: 3_600_000 },
  ...{ 'business-service': 0, device: 0, ...groupGraceMs },
}

/** Rules that belong to one device alone, by its id. */
export type OwnRules = ReadonlyMap<string, readonly Rule[]>

export class Registry {
  readonly entries = new Map<string, Entry>()
  readonly #rules: readonly Rule[]
  #byTarget = new Map<string, Entry[]>()
  #byHost = new Map<string, Entry[]>()
  #perHost = new Map<string, number>()
  #present: readonly Target[] = []
  #switchedOff: { rule: string; target: Target }[] = []
  /** States of an earlier process whose targets have not been seen yet. */
  readonly #waiting: Map<string, { check: StoredCheck; since: number }>
  readonly #ids = new Map<string, string>()
  readonly #ownRules: OwnRules

  constructor(rules: readonly Rule[], stored: readonly StoredCheck[], now: number, ownRules: OwnRules = new Map()) {
    this.#rules = rules
    this.#ownRules = ownRules
    this.#waiting = new Map(stored.map((check) => [check.id, { check, since: now }]))
  }

  /**
   * Brings the checks in line with the targets; what is returned has no target or rule any more. `stays`: not to be ended, however
   * long it is missing.
   */
  sync(
    targets: readonly Target[],
    now: number,
    stays: (target: ResourceRef) => boolean = () => false,
  ): { ended: Entry[]; orphans: StoredCheck[] } {
    const present = new Set<string>()
    this.#perHost = new Map()
    this.#switchedOff = []
    for (const target of targets) {
      if (target.kind === 'instance' && target.host) this.#perHost.set(target.host, (this.#perHost.get(target.host) ?? 0) + 1)
      for (const rule of this.#rules) {
        if (!concerns(rule, target)) continue
        const own = ownRule(rule, target)
        if (own.off) {
          this.#switchedOff.push({ rule: rule.name, target })
          continue
        }
        const id = this.#idOf(rule.name, target)
        present.add(id)
        this.#see(id, own, target, now)
      }
      for (const rule of target.kind === 'device' ? (this.#ownRules.get(target.id) ?? []) : []) {
        const id = this.#idOf(rule.name, target)
        present.add(id)
        this.#see(id, { rule, applied: [], notices: [], off: false }, target, now)
      }
    }
    const ended = [...this.entries].flatMap(([id, entry]) => {
      if (present.has(id)) return []
      entry.missingSince ??= now
      const over = now - entry.missingSince >= graceMs[entry.target.kind] && !entry.running
      return over && !stays(entry.target) ? [entry] : []
    })
    for (const { stored, target } of ended) {
      this.entries.delete(stored.id)
      this.#ids.delete(`${stored.rule}\0${target.kind}\0${target.id}`)
    }
    this.#index()
    return { ended, orphans: this.#orphans(now, stays) }
  }

  /** The checks that `concerns` picks are as these say, and what runs of them counts for nothing. */
  reload(concerns: (target: ResourceRef) => boolean, checks: readonly StoredCheck[], now: number): void {
    const byId = new Map(checks.map((check) => [check.id, check]))
    for (const [id, entry] of this.entries) {
      if (!concerns(entry.target)) continue
      this.entries.set(id, enter(entry, byId.get(id) ?? null, now))
      byId.delete(id)
    }
    for (const [id, { check }] of this.#waiting) if (concerns(check.target)) this.#waiting.delete(id)
    for (const [id, check] of byId) this.#waiting.set(id, { check, since: now })
    this.#index()
  }

  #index(): void {
    const present = [...this.entries.values()].filter(({ missingSince }) => missingSince === null)
    this.#present = [...new Map(present.map(({ target }) => [`${target.kind}\0${target.id}`, target])).values()]
    this.#byTarget = Map.groupBy(this.entries.values(), ({ target }) => `${target.kind}\0${target.id}`)
    const machines = [...this.entries.values()].filter(({ target }) => target.kind !== 'instance' && target.host)
    this.#byHost = Map.groupBy(machines, ({ target }) => target.host as string)
  }

  of(kind: string, id: string): readonly Entry[] {
    return this.#byTarget.get(`${kind}\0${id}`) ?? []
  }

  /** Targets that there are now, each once; the same list until they change. */
  get present(): readonly Target[] {
    return this.#present
  }

  /** Targets that switched the check of a rule off, and may. */
  get switchedOff(): readonly { rule: string; target: Target }[] {
    return this.#switchedOff
  }

  get rules(): readonly Rule[] {
    return this.#rules
  }

  /** Checks of the machine itself: its hypervisor and the connection to it. */
  onHost(host: string): readonly Entry[] {
    return this.#byHost.get(host) ?? []
  }

  /** How many instances are known on a host. */
  instancesOn(host: string): number {
    return this.#perHost.get(host) ?? 0
  }

  /** Hashing all of them at each look would be most of its work. */
  #idOf(rule: string, { kind, id }: Target): string {
    const key = `${rule}\0${kind}\0${id}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const hashed = checkId(rule, kind, id)
    this.#ids.set(key, hashed)
    return hashed
  }

  #see(id: string, { rule, applied, notices }: OwnRule, target: Target, now: number): void {
    const known = this.entries.get(id)
    const own = { applied, notices }
    if (known) {
      if (known.rule.intervalMs !== rule.intervalMs) known.offset = offsetOf(id, rule, target)
      known.rule = rule
      known.own = own
      known.target = target
      known.missingSince = null
      return
    }
    const before = this.#waiting.get(id)?.check ?? null
    this.#waiting.delete(id)
    const entry = enter({ rule, target, own }, before, now)
    const nextCheck = firstCheck(entry.offset, rule.intervalMs, now, rule.check.apart ? 30_000 : 10_000)
    this.entries.set(id, { ...entry, stored: { ...entry.stored, nextCheck } })
  }

  /** Kept states that no target came back for. A rule that is gone ends its checks at once. */
  #orphans(now: number, stays: (target: ResourceRef) => boolean): StoredCheck[] {
    const names = new Set([...this.#rules, ...[...this.#ownRules.values()].flat()].map((rule) => rule.name))
    const orphans = [...this.#waiting.values()].filter(({ check: { rule, target }, since }) => {
      const grace = target.kind === 'instance' ? graceMs.instance : graceMs.connection
      return !names.has(rule) || (now - since >= grace && !stays(target))
    })
    for (const { check } of orphans) this.#waiting.delete(check.id)
    return orphans.map(({ check }) => check)
  }
}

/** What is run apart shares no reads with others: it has the whole interval to spread over. */
const offsetOf = (id: string, { check, intervalMs }: Rule, target: Target) =>
  check.apart ? spreadOffset(id, intervalMs) : slotOffset(target.id, intervalMs)

/** `stored`: what is remembered; null = nothing yet, and the first result comes soon. */
function enter({ rule, target, own }: Pick<Entry, 'rule' | 'target' | 'own'>, stored: StoredCheck | null, now: number): Entry {
  const id = stored?.id ?? checkId(rule.name, target.kind, target.id)
  const offset = offsetOf(id, rule, target)
  const known = stored ?? {
    ...newCheck(id, rule, target),
    nextCheck: firstCheck(offset, rule.intervalMs, now),
  }
  return {
    ...{ rule, target, own, offset, running: false, again: false, missingSince: null },
    stored: { ...known, maxAttempts: rule.alert.attempts },
  }
}

function newCheck(id: string, rule: Rule, target: Target): StoredCheck {
  return {
    ...{ id, rule: rule.name, plugin: rule.check.name, target: { kind: target.kind, id: target.id } },
    ...{ targetName: target.name, project: target.project, host: target.host, maxAttempts: rule.alert.attempts },
    ...{ state: pending, longOutput: null, perfdata: [], nextCheck: null, acknowledgement: null, told: untold, flapping: steady },
  }
}
