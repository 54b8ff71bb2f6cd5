/** A changed rules file over the last days: which problems it would have found, and who would have been told. */

import { everything } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { AlertJournal, Logger, SampleStore, Target } from '../../model/contract.ts'
import type { ComponentHealth } from '../../model/health.ts'
import type { PreviewedContact, PreviewedProblem, PreviewedRule, RulePreview } from '../../model/rule-preview.ts'
import { concerns } from '../../model/target-filter.ts'
import { wallHour } from '../../model/wall-hour.ts'
import type { Collected } from '../judge.ts'
import type { Entry, Registry } from '../registry.ts'
import type { Rule } from '../rules.ts'
import type { AlerterConfig } from '../section.ts'
import { chunkedReader } from './chunked-reader.ts'
import type { TimedTopology } from './past-topology.ts'
import { type RealProblem, type Recorded, readRecorded, recordedBoard } from './recorded-states.ts'
import { rehearse, VirtualTime } from './rehearse.ts'

export interface PreviewParts {
  config: AlerterConfig
  rules: readonly Rule[]
  targets: readonly Target[]
  /** What carried what then. */
  topology: TimedTopology
  /** The parts of Specola as they are, or were last known: how they were then is taken from the records of their checks. */
  board: readonly ComponentHealth[]
  store: Pick<SampleStore, 'range'>
  alerts: Pick<AlertJournal, 'transitions' | 'problems' | 'notifications'>
  clock: Clock
  logger: Logger
  from: number
  to: number
  /** It ends in time, with what it has by then. */
  mostMs: number
  progress?(now: number): void
  signal: AbortSignal
}

/** Checks that are made in all; beyond, they are made less often. */
const mostRuns = 1_500_000
/** Looked at when something that they carry changes. */
const carriers: ReadonlySet<string> = new Set(['cause', 'impact'])
const mostListed = 500
const mostOpenChecks = 300
const turnMs = 50
const minute = 60_000

export async function previewOf(parts: PreviewParts): Promise<RulePreview> {
  const { config, alerts, clock, logger, signal, mostMs } = parts
  const began = clock.monotonic()
  const from = Math.ceil(parts.from / minute) * minute
  const recorded = await readRecorded(alerts, { from, to: parts.to })
  const reader = chunkedReader(parts.store)
  const { rules, every } = stretched(parts.rules, parts.targets, parts.to - from)
  const found = new Findings()
  const stop = new AbortController()
  const time = new VirtualTime(from)
  let turned = clock.monotonic()
  const registry = await rehearse({
    ...{ config, rules, targets: parts.targets, topology: parts.topology, logger, from, to: parts.to, time },
    health: { all: () => recordedBoard(parts.board, recorded, time.now()) },
    store: { range: reader.range, latest: async () => [] },
    signal: AbortSignal.any([signal, stop.signal]),
    known: (entry, now) => knownOf(entry, recorded, now),
    decided: (batch, after, now) => found.take(batch, after, now),
    async reached(now) {
      const at = clock.monotonic()
      if (at - turned < turnMs) return
      if (at - began > mostMs) stop.abort(new Error('out of time'))
      parts.progress?.(now)
      await new Promise((resolve) => setImmediate(resolve))
      turned = clock.monotonic()
    },
  })
  signal.throwIfAborted()
  const reallyTold = await readTold(alerts, recorded.problems, { from, to: parts.to })
  const problems = found.problems(recorded)
  return {
    ...{ from, to: stop.signal.aborted ? time.now() : parts.to, cutShort: stop.signal.aborted },
    rules: rules.map((rule) => ruleOf(rule, registry, problems, recorded, every.get(rule.name) ?? null)),
    contacts: contactsOf(config, found.told, reallyTold),
    problems: problems.slice(0, mostListed),
    problemCount: problems.length,
    ...{ queries: reader.queries(), tookMs: clock.monotonic() - began },
  }
}

/** Many checks over a long time are looked at less often, each rule by the same factor. */
function stretched(rules: readonly Rule[], targets: readonly Target[], spanMs: number) {
  const counted = rules.filter(({ check }) => !carriers.has(check.name))
  const runs = counted.reduce(
    (sum, rule) => sum + (targets.filter((target) => concerns(rule, target)).length * spanMs) / rule.intervalMs,
    0,
  )
  const factor = Math.ceil(runs / mostRuns)
  // whole minutes: what lies between them need not be read
  const wide = (ms: number) => (factor <= 1 ? ms : Math.ceil((ms * factor) / minute) * minute)
  const every = new Map(factor <= 1 ? [] : counted.map(({ name, intervalMs }) => [name, wide(intervalMs)]))
  const stretch = (rule: Rule) => ({ ...rule, intervalMs: wide(rule.intervalMs), retryMs: wide(rule.retryMs) })
  return { every, rules: rules.map((rule) => (counted.includes(rule) ? stretch(rule) : rule)) }
}

/** undefined: it is made anew. Before an instance was there, nothing is said of it. */
function knownOf({ rule, target }: Entry, recorded: Recorded, now: number) {
  if (target.instance?.createdAt && now < target.instance.createdAt + 10 * minute) return null
  return sourceOf(rule) === 'states' ? recorded.at(rule.name, target.kind, target.id, now) : undefined
}

const sourceOf = ({ check }: Rule): PreviewedRule['from'] =>
  check.replays ? 'samples' : madeOfChecks.has(check.name) ? 'checks' : 'states'

const madeOfChecks: ReadonlySet<string> = new Set(['composite', 'cause', 'impact'])

interface Told {
  contact: string
  time: number
}

/** Problems as they begin and end; the newest of many are kept. */
class Findings {
  readonly told: Told[] = []
  readonly #open = new Map<string, { -readonly [K in keyof PreviewedProblem]: PreviewedProblem[K] } & { told: string[] }>()
  readonly #all: PreviewedProblem[] = []

  take({ transitions, notifications }: Collected, registry: Registry, now: number): void {
    for (const { check, rule, targetName, project, to, hard, output } of transitions) {
      const entry = registry.entries.get(check)
      if (!hard || !entry) continue
      const open = this.#open.get(check)
      if (to === 'ok') {
        if (open) open.to = now
        this.#open.delete(check)
      } else if (open) open.state = to === 'critical' ? to : open.state
      else {
        const { kind, id } = entry.target
        const problem = {
          rule,
          target: { kind, id, name: targetName },
          project,
          state: to,
          from: now,
          to: null,
          output,
          told: [],
          real: false,
        }
        this.#open.set(check, problem)
        this.#all.push(problem)
      }
    }
    for (const { message, contact } of notifications) {
      if (message.kind !== 'problem') continue
      this.told.push({ contact, time: now })
      const open = this.#open.get(message.problem.check)
      if (open && !open.told.includes(contact)) open.told.push(contact)
    }
  }

  problems({ problems: real }: Recorded): PreviewedProblem[] {
    const byCheck = Map.groupBy(real, ({ rule, kind, target }) => `${rule}\0${kind}\0${target}`)
    return this.#all
      .map((one) => ({ ...one, real: (byCheck.get(keyOf(one)) ?? []).some((other) => overlaps(one, other)) }))
      .reverse()
  }
}

const keyOf = ({ rule, target }: PreviewedProblem) => `${rule}\0${target.kind}\0${target.id}`

/** A little apart is the same: checks of then and now do not run in the same second. */
const overlaps = (a: { from: number; to: number | null }, b: { from: number; to: number | null }) =>
  a.from <= (b.to ?? Number.POSITIVE_INFINITY) + 10 * minute && b.from <= (a.to ?? Number.POSITIVE_INFINITY) + 10 * minute

function ruleOf(
  rule: Rule,
  registry: Registry,
  problems: readonly PreviewedProblem[],
  recorded: Recorded,
  every: number | null,
): PreviewedRule {
  const own = problems.filter((one) => one.rule === rule.name)
  const real = recorded.problems.filter((one) => one.rule === rule.name)
  const targets = [...registry.entries.values()].filter((entry) => entry.rule.name === rule.name).length
  const missed = real.filter(
    (one) => !own.some((other) => other.target.kind === one.kind && other.target.id === one.target && overlaps(one, other)),
  )
  return {
    ...{ name: rule.name, from: sourceOf(rule), targets, every, found: own.length, also: own.filter((one) => one.real).length },
    ...{ real: real.length, missed: missed.length },
  }
}

/** Problem messages that really went out. */
async function readTold(
  alerts: Pick<AlertJournal, 'notifications'>,
  problems: readonly RealProblem[],
  { from, to }: { from: number; to: number },
): Promise<Told[]> {
  const checks = [...new Set(problems.map(({ check }) => check))].slice(0, mostOpenChecks)
  const told: Told[] = []
  for (const check of checks)
    for (const { kind, outcome, contact, time } of await alerts.notifications(everything, check, 200))
      if (kind === 'problem' && outcome === 'sent' && time >= from && time < to) told.push({ contact, time })
  return told
}

function contactsOf(config: AlerterConfig, would: readonly Told[], did: readonly Told[]): PreviewedContact[] {
  return config.contacts.map(({ name, zone }) => {
    const night = ({ time }: Told) => {
      const hour = wallHour(time, zone ?? config.zone)
      return hour >= 22 || hour < 7
    }
    const [told, really] = [would, did].map((all) => all.filter(({ contact }) => contact === name)) as [Told[], Told[]]
    return {
      ...{ name, told: told.length, really: really.length },
      ...{ atNight: told.filter(night).length, reallyAtNight: really.filter(night).length },
    }
  })
}
