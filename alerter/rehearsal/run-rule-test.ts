/** One test of rules: what is measured in, what is said and told out, compared with what was expected. */
import type { Logger, SampleStore, Target } from '../../model/contract.ts'
import type { ComponentHealth } from '../../model/health.ts'
import { type LabelFacts, labelsOf } from '../../model/labels.ts'
import type { Sample } from '../../model/sample.ts'
import type { TopologyFacts } from '../../model/topology.ts'
import type { NewNotification } from '../../model/tracked-check.ts'
import { causeTargetsOf } from '../cause-targets.ts'
import type { Entry, Registry } from '../registry.ts'
import { type Rule, serviceTargets } from '../rules.ts'
import type { AlerterConfig } from '../section.ts'
import { rehearse, VirtualTime } from './rehearse.ts'
import type { RuleTest } from './rule-test-file.ts'
import { testTopology } from './test-topology.ts'

/** `path` leads to the expectation in the test. */
export interface Failure {
  path: (string | number)[]
  message: string
}

export interface RuleTestParts {
  rules: readonly Rule[]
  config: AlerterConfig
  start: number
  logger: Logger
  /** A store that holds these samples, and knows nothing of what is later than `now()`. */
  openStore(samples: readonly Sample[], now: () => number): Pick<SampleStore, 'range' | 'latest'>
}

export async function runRuleTest(
  test: RuleTest,
  { rules, config, start, logger, openStore }: RuleTestParts,
): Promise<Failure[]> {
  const failures = wrongNames(test, rules)
  if (failures.length > 0) return failures
  const time = new VirtualTime(start)
  const topology = testTopology(test, start)
  const told: { at: number; notification: NewNotification }[] = []
  const waiting = test.expect.map((expected, index) => ({ expected, index })).sort((a, b) => a.expected.at - b.expected.at)
  const look = (registry: Registry, until: number) => {
    for (let first = waiting[0]; first && start + first.expected.at < until; first = waiting[0]) {
      waiting.shift()
      const message = differs(first.expected, registry)
      if (message !== null) failures.push({ path: ['expect', first.index], message })
    }
  }
  const end =
    start + (test.lasts ?? Math.max(0, ...test.expect.map(({ at }) => at), ...(test.notifications ?? []).map(({ at }) => at)))
  let before: Registry | null = null
  // what is expected at an instant is looked at when its checks have run: before those of the next instant do
  const registry = await rehearse({
    ...{ config, rules, time, logger, from: start, to: end },
    targets: targetsOf(test, topology.at(start), rules),
    topology,
    store: openStore(samplesOf(test, start), () => time.now()),
    health: { all: () => healthAt(test, start, time.now()) },
    coming: (now) => before && look(before, now),
    decided: ({ notifications }, after, now) => {
      before = after
      told.push(...notifications.map((notification) => ({ at: now - start, notification })))
    },
    signal: new AbortController().signal,
  })
  look(registry, Number.POSITIVE_INFINITY)
  if (test.notifications) failures.push(...toldDiffers(test.notifications, told))
  return failures
}

/** A name that is written wrong would expect nothing for ever. */
function wrongNames(test: RuleTest, rules: readonly Rule[]): Failure[] {
  const known = new Set(rules.map(({ name }) => name))
  return (['expect', 'notifications'] as const).flatMap((list) =>
    (test[list] ?? []).flatMap(({ rule }, index) =>
      known.has(rule) ? [] : [{ path: [list, index, 'rule'], message: `no rule is named "${rule}"` }],
    ),
  )
}

function targetsOf({ targets, health }: RuleTest, carried: TopologyFacts, rules: readonly Rule[]): Target[] {
  const facts: LabelFacts = {
    instances: new Map(targets.map(({ id, az, metadata, tags }) => [id, { availabilityZone: az ?? null, metadata, tags }])),
    projects: new Map(
      targets.flatMap((one) => (one.project ? [[one.project, { name: one.project_name ?? null, tags: one.project_tags }]] : [])),
    ),
    aggregates: new Map(targets.flatMap(({ host, aggregates }) => (host && aggregates.length > 0 ? [[host, aggregates]] : []))),
  }
  const given = targets.map((one): Target => {
    const { kind, id, name = id, project = null } = one
    const host = one.host ?? (kind === 'hypervisor' ? id : null)
    return { ...{ kind, id, name, project, host }, instance: kind === 'instance' ? instanceOf(one) : null }
  })
  const connections = health.map(
    ({ component, host }): Target => ({
      ...{ kind: 'connection', id: component, name: component, project: null, host: host ?? null, instance: null },
    }),
  )
  const known = new Set(given.map(({ kind, id }) => `${kind} ${id}`))
  const causes = causeTargetsOf(carried, rules).filter(({ kind, id }) => !known.has(`${kind} ${id}`))
  return [...given, ...connections, ...serviceTargets(rules), ...causes].map((target) => ({
    ...target,
    labels: labelsOf(target, facts),
  }))
}

function instanceOf({ id, name, project, host, state, flavor, image }: RuleTest['targets'][number]): Target['instance'] {
  const sizes = { id: null, vcpus: 1, memoryMb: 1024, diskGb: 10 }
  return {
    ...{
      id,
      name: name ?? id,
      project: project ?? null,
      user: null,
      host: host ?? null,
      domain: null,
      image: image ?? null,
      state,
    },
    ...{ flavor: flavor === undefined ? null : { ...sizes, name: flavor }, addresses: [] },
    ...{ createdAt: 0, launchedAt: 0, terminatedAt: null, source: 'api', updatedAt: 0 },
  }
}

/** Values of one series at one instant are one sample. */
function samplesOf({ series, every }: RuleTest, start: number): Sample[] {
  const samples = new Map<
    string,
    { measurement: string; tags: Record<string, string>; fields: Record<string, number>; time: number }
  >()
  for (const { measurement, tags, field, values } of series)
    for (const [i, value] of values.entries()) {
      if (value === null) continue
      const time = start + i * every
      const key = `${measurement}\0${JSON.stringify(tags)}\0${time}`
      const sample = samples.get(key) ?? { measurement, tags, fields: {}, time }
      sample.fields[field] = value
      samples.set(key, sample)
    }
  return [...samples.values()]
}

function healthAt({ health }: RuleTest, start: number, now: number): ComponentHealth[] {
  return health.flatMap(({ component, kind, host, through, changes }) => {
    const past = changes.filter(({ at }) => start + at <= now)
    const last = past.at(-1)
    if (!last) return []
    const since = start + last.at
    const { state, detail } = last
    return [
      {
        ...{ component, kind, state, detail, since, at: now, numbers: {} },
        ...(host !== undefined && { host }),
        ...(through !== undefined && { through }),
      },
    ]
  })
}

function differs(expected: RuleTest['expect'][number], registry: Registry): string | null {
  const { rule, target, state, hard, output, longOutput, at } = expected
  const entry = [...registry.entries.values()].find(
    (one) => one.rule.name === rule && (one.target.id === target || one.target.name === target),
  )
  const place = `at ${length(at)}, ${rule} on ${target}`
  const found = entry === undefined ? 'none' : entry.stored.state.checked ? entry.stored.state.state : 'pending'
  const was = `was ${found}${entry ? describe(entry) : ' (the rule looks at no such target)'}`
  if (found !== state) return `${place}: expected ${state}, ${was}`
  if (!entry) return null
  const { state: now } = entry.stored
  if (hard !== undefined && now.hard !== hard) return `${place}: expected ${state} ${hard ? 'hard' : 'soft'}, ${was}`
  if (output !== undefined && !now.output.includes(output))
    return `${place}: expected a text with "${output}", was "${now.output}"`
  const long = entry.stored.longOutput ?? ''
  if (longOutput !== undefined && !long.includes(longOutput))
    return `${place}: expected a long text with "${longOutput}", was "${long.replaceAll('\n', ' / ')}"`
  return null
}

const describe = ({ stored: { state, maxAttempts } }: Entry) =>
  ` (${state.hard ? 'hard' : 'soft'} ${state.attempt}/${maxAttempts})${state.output === '' ? '' : `: ${state.output}`}`

/** What was expected and not told, and what was told and not expected, in order of time. */
function toldDiffers(
  expected: NonNullable<RuleTest['notifications']>,
  told: readonly { at: number; notification: NewNotification }[],
): Failure[] {
  const left = [...told]
  const missing = expected.map((one, index) => {
    const found = left.findIndex(({ at, notification: { message, contact } }) => {
      const { target, targetName, rule, state } = message.problem
      return (
        at === one.at &&
        message.kind === one.kind &&
        rule === one.rule &&
        (target.id === one.target || targetName === one.target) &&
        (one.state === undefined || state === one.state) &&
        (one.to === undefined || contact === one.to)
      )
    })
    if (found >= 0) left.splice(found, 1)
    return { index, one, found: found >= 0 }
  })
  const also = left.map(({ at, notification: { message, contact } }) => {
    const { problem, kind } = message
    return `+ ${length(at)} ${kind} ${problem.state}: ${problem.rule} on ${problem.targetName ?? problem.target.id}, to ${contact}`
  })
  const lacking = missing.filter(({ found }) => !found)
  return [
    ...lacking.map(({ index, one }) => ({
      path: ['notifications', index],
      message: `not told: - ${length(one.at)} ${one.kind}${one.state ? ` ${one.state}` : ''}: ${one.rule} on ${one.target}${one.to ? `, to ${one.to}` : ''}`,
    })),
    ...(also.length > 0
      ? [{ path: ['notifications'], message: `told, and not expected:\n  ${also.slice(0, 20).join('\n  ')}` }]
      : []),
  ]
}

/** 90s, 5m, 1h30m: as tests write them. */
function length(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'] as const,
    [Math.floor((seconds % 3600) / 60), 'm'] as const,
    [seconds % 60, 's'] as const,
  ]
  return parts.flatMap(([n, unit]) => (n > 0 ? [`${n}${unit}`] : [])).join('') || '0s'
}
