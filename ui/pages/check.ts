import type { Problem } from '../../model/check.ts'
import { clueText } from '../../model/clue-words.ts'
import type { EventRow } from '../../model/contract.ts'
import { eventRows } from '../event-row.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { groupedRows } from '../problem-groups.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'
import { lengthChoices } from './lengths.ts'

const outcomeIcons = { sent: 'ok', failed: 'remove', waiting: 'clock', suppressed: 'pause' } as const
/** A message has room for three, the page for a few more. */
const cluesShown = 6
const justBeforeMs = 15 * 60_000

/** One check on one target: the page behind the link in a mail. */
export const checkPage: Route = {
  method: 'get',
  path: '/checks/:id',
  async handle(visit): Promise<Reply> {
    const problem = await visit.deps.alerts.check(visit.scope, visit.params.id ?? '')
    if (!problem) return { kind: 'missing' }
    const content = await checkDetail.model(visit)
    const target = problem.targetName ?? problem.target.id
    const title = `${problem.rule} · ${target}`
    return {
      kind: 'page',
      view: 'check',
      title,
      crumbs: [{ title: visit.t('nav.problems'), href: '/problems' }, { title }],
      model: {
        topic: topicOf(checkDetail, visit),
        content,
        check: problem.check,
        chart: problem.target.kind === 'instance' ? { instance: problem.target.id, from: 'now-3h', to: 'now' } : null,
        mayAcknowledge: visit.can('acknowledge', 'problems'),
      },
      ...(problem.target.kind === 'instance' && { scripts: ['charts'] as const }),
    }
  },
}

/** State, facts and history of the check. */
export const checkDetail: Fragment = {
  name: 'check-detail',
  access: ['see', 'problems'],
  everyMs: 1000,
  wakes: (change, visit) => change.kind === 'problem' && change.check === visit.params.id,
  async model(visit) {
    const { alerts } = visit.deps
    const id = visit.params.id ?? ''
    const problem = await alerts.check(visit.scope, id)
    if (!problem) return { gone: true }
    const [[row], transitions, notifications, before, downtimes, comments, [cause], [explains], clues] = await Promise.all([
      problemRows(visit, [problem]),
      alerts.transitions(visit.scope, { check: id, limit: 10 }),
      alerts.notifications(visit.scope, id, 20),
      eventsBefore(visit, problem),
      alerts.downtimes(visit.scope, id, 10),
      alerts.comments(visit.scope, id, 10),
      causeOf(visit, problem),
      groupedRows(visit, [problem]),
      problem.state === 'ok' ? [] : visit.deps.clues(visit.scope, problem),
    ])
    return {
      row,
      perfdata: problem.perfdata,
      cause,
      // a cause that the reader may not see is there all the same
      elsewhere: problem.cause && !cause ? true : null,
      explains,
      clues: clues.slice(0, cluesShown).map((clue) => ({ at: clue.at, text: clueText(clue, problem.since, visit.language) })),
      origin: originOf(visit, problem.check),
      comments,
      mayPlan: visit.can('acknowledge', 'problems'),
      check: problem.check,
      here: `/checks/${encodeURIComponent(problem.check)}`,
      downtimes: downtimes.map((one) => ({
        ...one,
        word: visit.t(`downtime.${one.outcome ?? (one.active ? 'active' : 'planned')}`),
        open: one.endedAt === null,
        whole: !one.subject.startsWith('check:'),
        mayCancel: one.endedAt === null && visit.can('acknowledge', 'problems'),
      })),
      lasts: lengthChoices(visit, '2h'),
      within: lengthChoices(visit, '1d'),
      timeline: timeline(problem.lastCheck, problem.nextCheck, visit.now),
      before: await eventRows(visit, before),
      transitions: transitions.map((transition) => ({
        ...transition,
        word: visit.t(`state.${transition.to}`),
        fromWord: visit.t(`state.${transition.from}`),
      })),
      notifications: notifications.map((record) => ({
        ...record,
        icon: outcomeIcons[record.outcome],
        word: visit.t(`outcome.${record.kind === 'handler' && record.outcome === 'sent' ? 'ran' : record.outcome}`),
        kindWord: visit.t(`notified.${record.kind}`),
      })),
    }
  },
}

async function causeOf(visit: Visit, { cause }: Problem) {
  const found = cause ? await visit.deps.alerts.check(visit.scope, cause) : null
  return found && found.state !== 'ok' ? problemRows(visit, [found]) : []
}

/** Which rule, by which labels, with which values of the target's own. Null where no engine runs. */
function originOf(visit: Visit, check: string) {
  const origin = visit.deps.rules.check(check)
  if (!origin) return null
  const hidden = visit.can('see', 'hosts') ? [] : ['host', 'aggregate']
  return {
    ...origin,
    mayRules: visit.can('see', 'rules'),
    matched: origin.matched.filter((text) => !hidden.some((label) => text.startsWith(`${label} `))),
    labels: Object.entries(origin.labels)
      .filter(([label]) => !hidden.includes(label))
      .map(([label, values]) => ({ label, values: values.join(', ') })),
    overrides: origin.overrides.map((one) => ({ ...one, sourceWord: visit.t(`origin.${one.source}`) })),
  }
}

function eventsBefore(
  visit: Visit,
  problem: { since: number; target: { kind: string; id: string }; host: string | null },
): Promise<EventRow[]> {
  const range = { from: problem.since - justBeforeMs, to: problem.since + 60_000, limit: 6 }
  if (problem.target.kind === 'instance') return visit.deps.events.events(visit.scope, { ...range, resource: problem.target })
  if (problem.target.kind === 'hypervisor' && visit.can('see', 'hosts'))
    return visit.deps.events.events(visit.scope, { ...range, host: problem.target.id })
  return Promise.resolve([])
}

/** Where now stands between the last check and the next, on a line of 200. */
function timeline(last: number | null, next: number | null, now: number) {
  if (last === null || next === null || next <= last) return null
  return { last, next, done: Math.round(Math.min(1, Math.max(0, (now - last) / (next - last))) * 200), late: now > next }
}
