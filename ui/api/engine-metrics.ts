/** The alert engine's figures as Prometheus text. Pure. */
import type { EngineSeen } from '../../model/alert-cluster.ts'
import type { Problem } from '../../model/check.ts'
import type { CheckCost, EngineFigures, Spread } from '../../model/engine-figures.ts'

/** What was read for one scrape; null = it could not be read now. */
export interface EngineReading {
  figures: EngineFigures
  outbox: { count: number; oldest: number | null } | null
  neverOk: { count: number; checks: readonly Problem[] } | null
  engines: readonly EngineSeen[] | null
  now: number
}

type Labels = Readonly<Record<string, string>>

/** Checks by name: more than these would make as many series as there are checks. */
const namedAtMost = 10

/** `names`: whether names of what is checked may be told: they belong to tenants. */
export function engineExposition({ figures, outbox, neverOk, engines, now }: EngineReading, names: boolean): string {
  const out: string[] = []
  const family = (type: 'gauge' | 'counter', name: string, help: string, rows: readonly (readonly [Labels, number])[]) => {
    if (rows.length === 0) return
    const full = `specola_alerter_${name}`
    const lines = rows.map(([labels, value]) => `${full}${labelsOf(labels)} ${Number.isFinite(value) ? value : 'NaN'}`)
    out.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines)
  }
  const gauge = (name: string, help: string, value: number) => family('gauge', name, help, [[{}, value]])
  const counter = (name: string, help: string, value: number) => family('counter', name, help, [[{}, value]])
  const spread = (name: string, help: string, values: Spread | null) => {
    for (const key of ['p50', 'p95', 'max'] as const)
      if (values) gauge(`${name}_${key}_seconds`, `${help}, the last five minutes, ${key}.`, values[key] / 1000)
  }
  gauge('checks', 'Checks that are known.', figures.checks)
  gauge('owned_checks', 'Checks that this engine decides on.', figures.owned)
  counter('check_runs_total', 'Checks run since the start.', figures.runs)
  counter('cycles_total', 'Cycles of checks since the start.', figures.cycles)
  gauge('checks_per_second', 'Checks run a second, over the last minute.', figures.checksPerSecond)
  spread('check_lag', 'How long after its time a check is run', figures.lateMs)
  spread('cycle', 'From the first run of a cycle to its decisions on disk', figures.cycleMs)
  spread('commit', 'How long the journal takes to write decisions', figures.commitMs)
  counter('commit_failures_total', 'Times the journal refused decisions; they are tried again.', figures.commitFailures)
  family(
    'counter',
    'deliveries_total',
    'Attempts to deliver a notification since the start.',
    figures.deliveries.map(({ notifier, outcome, count }) => [{ notifier, outcome }, count]),
  )
  if (outbox) {
    gauge('outbox_messages', 'Notifications that wait.', outbox.count)
    const age = outbox.oldest === null ? 0 : Math.max(0, now - outbox.oldest) / 1000
    gauge('outbox_oldest_age_seconds', 'Age of the oldest notification that waits; 0 when none does.', age)
  }
  family(
    'gauge',
    'rule_checks',
    'Checks that a rule makes.',
    figures.rules.map(({ rule, checks }) => [{ rule }, checks]),
  )
  family(
    'gauge',
    'rule_run_seconds',
    'Mean time of a run of a rule’s checks.',
    figures.rules.map(({ rule, tookMs }) => [{ rule }, tookMs / 1000]),
  )
  gauge('flapping_checks', 'Checks that flap.', figures.flapping.filter(({ flapping }) => flapping).length)
  if (neverOk) gauge('never_ok_checks', 'Checks that have never been ok.', neverOk.count)
  if (engines && engines.length > 0) {
    gauge(
      'engines_alive',
      'Engines on the same journal that were seen within a lease.',
      engines.filter(({ alive }) => alive).length,
    )
    family(
      'gauge',
      'lease_shares',
      'Shares of the checks, of 64, that an engine holds.',
      engines.filter(({ alive }) => alive).map(({ name, slots }) => [{ engine: name }, slots]),
    )
    family(
      'gauge',
      'engine_silence_seconds',
      'Since an engine was last seen, by the clock of the database.',
      engines.map(({ name, silentMs }) => [{ engine: name }, silentMs / 1000]),
    )
  }
  if (!names) return `${out.join('\n')}\n`
  const costs = (name: string, help: string, all: readonly CheckCost[], of: (one: CheckCost) => number) =>
    family(
      'gauge',
      name,
      help,
      all.slice(0, namedAtMost).map((one) => [{ check: one.check, rule: one.rule, target: one.targetName }, of(one)]),
    )
  costs('slowest_run_seconds', 'The slowest checks: time of a run.', figures.slowest, ({ tookMs }) => tookMs / 1000)
  costs(
    'latest_lag_seconds',
    'The latest checks: how long after their time they are run.',
    figures.latest,
    ({ lateMs }) => lateMs / 1000,
  )
  family(
    'gauge',
    'flapping_ratio',
    'The most flapping checks: share of weighted changes among the last 21 states.',
    figures.flapping
      .slice(0, namedAtMost)
      .map(({ check, rule, targetName, percent }) => [{ check, rule, target: targetName }, percent / 100]),
  )
  family(
    'gauge',
    'never_ok_since_timestamp_seconds',
    'Checks that have never been ok: since when their problem is known.',
    (neverOk?.checks ?? [])
      .slice(0, namedAtMost)
      .map(({ check, rule, target, targetName, since }) => [{ check, rule, target: targetName ?? target.id }, since / 1000]),
  )
  return `${out.join('\n')}\n`
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** The format has three escapes; other control characters only confuse those who read it. */
const escaped = (text: string) =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
