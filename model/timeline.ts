/**
 * Events → actions: all that one request did to one resource is one entry, {who, what, to what, from where, with what result}.
 * Merging is independent of order and of repetition: an action folded from any permutation of its events is the same.
 * Requests are joined by their global id, so that what a service does for another is found under the same root.
 */
import type { CloudEvent, Json } from './event.ts'
import { dueAfter } from './longest-duration.ts'
import { parseTimestamp } from './timestamp.ts'

/** What has been told of one action so far. Plain JSON. */
export interface ActionFold {
  /** Canonical type → newest start, end and error, epoch ms. */
  steps: Record<string, Step>
  first: number
  last: number
  /** False as soon as one event is of the root request itself. */
  part: boolean
  /** The earliest to say so: [time, value]. */
  actor: Stamped | null
  actorProject: Stamped | null
  project: Stamped | null
  address: Stamped | null
  service: Stamped | null
  /** The latest to say so. */
  host: Stamped | null
  reason: Stamped | null
}

type Stamped = readonly [time: number, value: string]

interface Step {
  start?: number
  end?: number
  error?: number
  /** When the type was first heard of. */
  since: number
}

export interface ActionKey {
  root: string
  kind: string
  id: string
}

export interface Outcome {
  verb: string
  /** open: not ended yet; after `due` nobody knows. */
  result: 'ok' | 'failed' | 'open'
  due: number
}

/** Our own reading of os-instance-actions, as the reconciler writes it. */
export const instanceAction = 'instance.action'

/** Bookkeeping and floods: nobody did that. */
const nobodys =
  /\.(exists|usage|sync_power_state)$|^(l3\.meter|capacity|metrics|objectstore|scheduler_stats|dhcp_agent|l3_agent)\b|^audit\.http\.request$/
/** Said beside what was done; never the name of it. */
const beside = /^(scheduler|compute_task)\.|^compute\.exception$|\.(rebuild_scheduled)$/
const longestReason = 300

/** Under which action an event belongs; null: under none. */
export function actionKey(event: CloudEvent): ActionKey | null {
  if (event.format === 'native' && event.type !== instanceAction) return null
  if (nobodys.test(event.type)) return null
  const request = event.globalRequest ?? event.request
  // nobody asked: what a service notices by itself counts only when it did something
  if (
    event.actor === null &&
    (request === null ? event.service === 'nova' : /\.update$/.test(event.type) || beside.test(event.type))
  )
    return null
  if (event.resource === null && request === null) return null
  const { kind, id } = event.resource ?? { kind: event.service, id: '' }
  return { root: request ?? `event:${event.id}`, kind, id }
}

export function foldOf(event: CloudEvent): ActionFold {
  const { type, at } = stepOf(event)
  const times = Object.values(at).filter((time) => time !== undefined)
  const stamp = (value: string | null | undefined): Stamped | null => (value ? [event.time, value] : null)
  return {
    steps: { [type]: { ...at, since: event.time } },
    first: event.time,
    last: Math.max(event.time, ...times),
    part: event.globalRequest !== undefined && event.globalRequest !== event.request,
    actor: stamp(event.actor),
    actorProject: stamp(event.actorProject),
    project: stamp(event.project),
    address: stamp(event.address),
    service: stamp(event.service),
    host: stamp(event.host),
    reason: stamp(reasonOf(event)),
  }
}

export function merge(a: ActionFold, b: ActionFold): ActionFold {
  const steps = { ...a.steps }
  for (const [type, step] of Object.entries(b.steps)) steps[type] = steps[type] ? mergeSteps(steps[type], step) : step
  return {
    steps,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    part: a.part && b.part,
    // whoever asked for the whole is told by the root request, not by what a service did on its behalf
    actor: earlier(a.actor, b.actor),
    actorProject: earlier(a.actorProject, b.actorProject),
    project: earlier(a.project, b.project),
    address: earlier(a.address, b.address),
    service: earlier(a.service, b.service),
    host: later(a.host, b.host),
    reason: later(a.reason, b.reason),
  }
}

/** What was done, and what came of it. */
export function outcomeOf(fold: ActionFold): Outcome {
  const types = Object.entries(fold.steps)
  const ranked = types.map(([type, { since }]) => ({ type, rank: rankOf(type), since }))
  ranked.sort((a, b) => a.rank - b.rank || a.since - b.since || (a.type < b.type ? -1 : 1))
  const main = ranked[0] as (typeof ranked)[0]
  const verb = verbOf(main.type)
  let ended: number | null = null
  let failed: number | null = null
  for (const [type, step] of types) {
    const family = verbOf(type) === verb
    if (family && step.end !== undefined && concludes(type)) ended = Math.max(ended ?? step.end, step.end)
    const failure = rollback.test(type) && family ? (step.end ?? step.start) : step.error
    if (failure !== undefined && (family || beside.test(type))) failed = Math.max(failed ?? failure, failure)
  }
  const due = fold.first + dueAfter(main.type)
  // a delete tells of its end whatever became of it: a failure at the same moment or later counts
  if (failed !== null && (ended === null || failed >= ended)) return { verb, result: 'failed', due }
  return { verb, result: ended === null ? 'open' : 'ok', due }
}

/** `open` as it is seen at an instant. */
export const resultAt = ({ result, due }: Pick<Outcome, 'result' | 'due'>, now: number) =>
  result === 'open' ? (due > now ? 'running' : 'unknown') : result

// ------------------------------------------------------------------------------------------------------------------ verbs

/** Steps of one action, by the name of the whole. */
const wholes: Readonly<Record<string, string>> = {
  'instance.resize_prep': 'instance.resize',
  'instance.resize_finish': 'instance.resize',
  'instance.rebuild_scheduled': 'instance.rebuild',
  'instance.live_migration_pre': 'instance.live_migration',
  'instance.live_migration_post': 'instance.live_migration',
  'instance.live_migration_post_dest': 'instance.live_migration',
  'instance.live_migration_rollback': 'instance.live_migration',
  'instance.live_migration_rollback_dest': 'instance.live_migration',
  // what the conductor could not even begin
  'compute_task.build_instances': 'instance.create',
  'compute_task.migrate_server': 'instance.resize',
  'compute_task.rebuild_server': 'instance.rebuild',
}

/** Nova's own names of instance actions (nova/compute/instance_actions.py) where they differ from the notification's. */
const actionNames: Readonly<Record<string, string>> = {
  start: 'power_on',
  stop: 'power_off',
  softDelete: 'soft_delete',
  forceDelete: 'delete',
  migrate: 'resize',
  confirmResize: 'resize_confirm',
  revertResize: 'resize_revert',
  'live-migration': 'live_migration',
  live_migration_force_complete: 'live_migration_force_complete',
  live_migration_abort: 'live_migration_abort',
  shelveOffload: 'shelve_offload',
  createImage: 'snapshot',
  createBackup: 'snapshot',
  attach_volume: 'volume_attach',
  detach_volume: 'volume_detach',
  swap_volume: 'volume_swap',
  attach_interface: 'interface_attach',
  detach_interface: 'interface_detach',
  trigger_crash_dump: 'trigger_crash_dump',
}

const rollback = /^instance\.live_migration_rollback/
const verbOf = (type: string) => wholes[type] ?? type

/** What was done, before what the conductor was asked for, before a change of some field, before what is said beside it. */
const rankOf = (type: string) =>
  type in wholes && beside.test(type) ? 1 : beside.test(type) ? 3 : type.endsWith('.update') ? 2 : 0

/** A resize is done when the machine runs with its new size, a migration when it has arrived. */
const concludes = (type: string) =>
  !['instance.resize_prep', 'instance.resize', 'instance.rebuild_scheduled', 'instance.live_migration_pre'].includes(type) &&
  !rollback.test(type)

function stepOf(event: CloudEvent): { type: string; at: Omit<Step, 'since'> } {
  const { facts, time, phase } = event
  if (event.type === instanceAction) {
    const name = textOf(facts?.action) ?? 'unknown'
    const type = `instance.${actionNames[name] ?? name.replace(/[^\w.-]/g, '_').slice(0, 60)}`
    const finished = momentOf(facts?.finished)
    // os-instance-actions tell the whole: a resize that is over is over
    const whole = type === 'instance.resize' ? 'instance.resize_finish' : type
    if (/^error$/i.test(textOf(facts?.result) ?? '') || /^error$/i.test(textOf(facts?.message) ?? ''))
      return { type: whole, at: { error: finished ?? time } }
    return { type: whole, at: finished === null ? { start: time } : { end: finished } }
  }
  const outcome = textOf(facts?.outcome)
  if (outcome === 'failure') return { type: event.type, at: { error: time } }
  if (outcome === 'pending') return { type: event.type, at: { start: time } }
  if (phase === 'error' || event.type === 'compute.exception' || (phase === null && /^(error|critical)$/i.test(event.priority)))
    return { type: event.type, at: { error: time } }
  return { type: event.type, at: phase === 'start' ? { start: time } : { end: time } }
}

function reasonOf(event: CloudEvent): string | null {
  const { facts, instance, phase } = event
  const failed = phase === 'error' || event.type === 'compute.exception' || /^(error|critical)$/i.test(event.priority)
  const own = event.type === instanceAction ? (textOf(facts?.details) ?? textOf(facts?.reason)) : null
  const told =
    instance?.fault?.message ||
    own ||
    (failed ? textOf(facts?.message) || textOf(facts?.reason) || textOf(facts?.exception) : null)
  if (!told) return null
  // legacy conductors send an exception as the text of a Python dictionary
  const said = /'message': (?:'((?:[^'\\\\]|\\\\.)*)'|"([^"]*)")/.exec(told.slice(0, 4000))
  const method = event.type === 'compute.exception' ? textOf(facts?.method) : null
  const words = (said?.[1] ?? said?.[2] ?? told).trim()
  return (method ? `${method}: ${words}` : words).slice(0, longestReason)
}

// ---------------------------------------------------------------------------------------------------------------- details

function mergeSteps(a: Step, b: Step): Step {
  const step: Step = { since: Math.min(a.since, b.since) }
  for (const key of ['start', 'end', 'error'] as const) {
    const time = Math.max(a[key] ?? Number.NEGATIVE_INFINITY, b[key] ?? Number.NEGATIVE_INFINITY)
    if (Number.isFinite(time)) step[key] = time
  }
  return step
}

const order = (a: Stamped, b: Stamped) => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)
const earlier = (a: Stamped | null, b: Stamped | null) => (a === null ? b : b === null ? a : order(a, b) <= 0 ? a : b)
const later = (a: Stamped | null, b: Stamped | null) => (a === null ? b : b === null ? a : order(a, b) >= 0 ? a : b)

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null)
const momentOf = (value: Json | undefined): number | null =>
  typeof value === 'number' ? value : typeof value === 'string' ? parseTimestamp(value) : null
