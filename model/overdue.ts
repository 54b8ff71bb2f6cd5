/** Actions that have started and of which no end was heard: after a time the API is asked what became of them. */
import type { CloudEvent } from './event.ts'
import { longestDuration } from './longest-duration.ts'

export const actions = [
  'create',
  'delete',
  'resize',
  'resize_revert',
  'live_migration',
  'shelve',
  'unshelve',
  'rebuild',
  'rescue',
] as const
export type Action = (typeof actions)[number]

/** Start of each action that goes on, epoch ms. */
export type Waiting = Readonly<Partial<Record<Action, number>>>

/** An action that should have ended by now. Times are epoch ms. */
export interface Overdue {
  instance: string
  project: string | null
  action: Action
  since: number
  due: number
}

/** Without a duration of their own in the reference: the API is asked early. */
const halfAnHour = 30 * 60_000

/** How long each may take before its end counts as lost, ms. */
export const patience: Readonly<Record<Action, number>> = {
  create: longestDuration['instance.create'],
  delete: longestDuration['instance.delete'],
  resize: longestDuration['instance.resize'],
  resize_revert: longestDuration['instance.resize_revert'],
  live_migration: longestDuration['instance.live_migration_post'],
  shelve: longestDuration['instance.shelve'],
  unshelve: longestDuration['instance.unshelve'],
  rebuild: halfAnHour,
  rescue: halfAnHour,
}

/** Steps of an action that are told one by one → the action. */
const starts: Readonly<Record<string, Action>> = {
  create: 'create',
  delete: 'delete',
  resize_prep: 'resize',
  resize: 'resize',
  resize_finish: 'resize',
  resize_revert: 'resize_revert',
  live_migration_pre: 'live_migration',
  live_migration_post: 'live_migration',
  live_migration_post_dest: 'live_migration',
  shelve: 'shelve',
  shelve_offload: 'shelve',
  unshelve: 'unshelve',
  rebuild: 'rebuild',
  rescue: 'rescue',
}

/** The steps that end an action. A live migration ends at its destination, or is rolled back. */
const ends: Readonly<Record<string, Action>> = {
  create: 'create',
  delete: 'delete',
  resize_finish: 'resize',
  resize_revert: 'resize_revert',
  live_migration_post_dest: 'live_migration',
  live_migration_rollback: 'live_migration',
  live_migration_abort: 'live_migration',
  shelve: 'shelve',
  shelve_offload: 'shelve',
  unshelve: 'unshelve',
  rebuild: 'rebuild',
  rescue: 'rescue',
}

const nothing: Waiting = {}

/** What goes on after one more event; the same object when nothing changed. */
export function waitingAfter(before: Waiting, event: CloudEvent): Waiting {
  const action = event.type.slice('instance.'.length)
  const facts = event.instance
  if (event.phase === 'start') {
    const began = starts[action]
    return began === undefined || before[began] !== undefined ? before : { ...before, [began]: event.time }
  }
  if (before === nothing) return before
  // Nova itself says that nothing is under way, or that it gave up
  if (idle(event)) return nothing
  const ended = event.phase === 'error' ? starts[action] : event.phase === 'end' ? ends[action] : undefined
  if (ended === undefined || before[ended] === undefined) return before
  const { [ended]: _done, ...rest } = before
  return Object.keys(rest).length === 0 ? nothing : rest

  function idle({ type }: CloudEvent): boolean {
    if (!facts || (facts.taskState ?? null) !== null) return false
    if (facts.state === 'error' || facts.state === 'deleted') return true
    return (type === 'instance.observed' || type === 'instance.exists') && facts.state !== 'building'
  }
}

/** When the first of the actions is overdue; null when nothing goes on. */
export function dueAt(waiting: Waiting): number | null {
  let due: number | null = null
  for (const action of actions) {
    const since = waiting[action]
    if (since !== undefined) due = Math.min(due ?? Number.POSITIVE_INFINITY, since + patience[action])
  }
  return due
}

/** Those that should have ended by `now`, the longest due first. */
export function overdueOf(instance: { id: string; project: string | null; waiting: Waiting }, now: number): Overdue[] {
  return actions
    .flatMap((action): Overdue[] => {
      const since = instance.waiting[action]
      if (since === undefined || since + patience[action] > now) return []
      return [{ instance: instance.id, project: instance.project, action, since, due: since + patience[action] }]
    })
    .sort((a, b) => a.due - b.due)
}
