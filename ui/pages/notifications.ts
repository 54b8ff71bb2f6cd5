import type { NotificationRecord } from '../../model/check.ts'
import type { Decision, DecisionQuery } from '../../model/outbox.ts'
import { namesOf, projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const shownAtMost = 200
const exportAtMost = 10_000
const outcomes = ['sent', 'waiting', 'failed', 'suppressed'] as const satisfies readonly NotificationRecord['outcome'][]
const icons = { sent: 'ok', failed: 'remove', waiting: 'clock', suppressed: 'pause' } as const
const filters = ['contact', 'outcome', 'project', 'q', 'check', 'instance'] as const

/** Why somebody was, or was not, called. */
export const notificationsPage: Route = {
  method: 'get',
  path: '/notifications{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-7d')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const { from, to } = parsed.range
    const query = { ...queryOf(visit), from, to }
    if (visit.shape !== 'html')
      return list(visit, await visit.deps.decisions.decisions(visit.scope, { ...query, limit: exportAtMost }))
    const found = await visit.deps.decisions.decisions(visit.scope, { ...query, limit: shownAtMost + 1 })
    const contact = text(visit, 'contact')
    return {
      kind: 'page',
      view: 'notifications',
      title: visit.t('nav.notifications'),
      range: parsed.range,
      model: {
        control: rangeControl(visit, parsed.range),
        rows: await rowsOf(visit, found.slice(0, shownAtMost)),
        full: found.length > shownAtMost ? shownAtMost : null,
        filtered: filters.some((name) => text(visit, name) !== undefined),
        contacts: contactsOf(visit).map((value) => ({ value, title: value, chosen: value === contact })),
        outcomes: outcomes.map((value) => ({
          value,
          title: visit.t(`outcome.${value}`),
          chosen: value === text(visit, 'outcome'),
        })),
        projects: await projectChoices(visit, text(visit, 'project')),
        q: text(visit, 'q') ?? '',
        check: text(visit, 'check') ?? null,
        instance: text(visit, 'instance') ?? null,
        from: text(visit, 'from'),
        to: text(visit, 'to'),
        answer: await answerFor(visit),
        csv: linkTo(visit, {}, '/notifications.csv'),
        json: linkTo(visit, {}, '/notifications.json'),
      },
    }
  },
}

/** Names of contacts are for those who may see who is on call; others see those in what concerns them. */
const contactsOf = (visit: Visit) => (visit.can('see', 'oncall') ? visit.deps.onCall.contacts() : [])

function queryOf(visit: Visit): Omit<DecisionQuery, 'limit'> {
  const [contact, check, instance, project, q] = (['contact', 'check', 'instance', 'project', 'q'] as const).map((name) =>
    text(visit, name),
  )
  const outcome = outcomes.find((one) => one === text(visit, 'outcome'))
  return {
    ...(contact !== undefined && { contact }),
    ...(check !== undefined && { check }),
    ...(instance !== undefined && { target: { kind: 'instance', id: instance } }),
    ...(project !== undefined && { project }),
    ...(q !== undefined && { q }),
    ...(outcome !== undefined && { outcome }),
  }
}

async function rowsOf(visit: Visit, decisions: readonly Decision[]) {
  const project = await namesOf(
    visit,
    'project',
    decisions.map((one) => one.project),
  )
  return decisions.map((one) => ({
    ...one,
    icon: icons[one.outcome],
    word: visit.t(`outcome.${one.kind === 'handler' && one.outcome === 'sent' ? 'ran' : one.outcome}`),
    kindWord: visit.t(`notified.${one.kind}`),
    stateWord: visit.t(`state.${one.state}`),
    target: one.targetName ?? one.target?.id ?? '—',
    href: `/checks/${encodeURIComponent(one.check)}`,
    projectName: project(one.project),
    everybody: one.contact === '' && one.kind !== 'handler',
    turns: one.turns.map((turn) => ({ ...turn, word: visit.t(`turn.${turn.outcome}`) })),
    told: one.turns.length > 1 || one.deliveryId !== null,
  }))
}

/** Asked about one contact and one check: what the configuration says of it. */
async function answerFor(visit: Visit): Promise<string | null> {
  const [contact, check] = [text(visit, 'contact'), text(visit, 'check')]
  if (contact === undefined || check === undefined || !visit.can('see', 'oncall')) return null
  const problem = await visit.deps.alerts.check(visit.scope, check)
  if (!problem) return null
  const { rule, project, target } = problem
  const why = visit.deps.onCall.whyNot(contact, { rule, project, kind: target.kind })
  return visit.t(`why.${why ?? 'asked'}`, { contact, rule })
}

function list(visit: Visit, decisions: readonly Decision[]): Reply {
  const columns = [
    ...['decided', 'time', 'contact', 'notifier', 'outcome', 'filter', 'reason', 'kind', 'state', 'rule', 'target', 'project'],
    ...['check', 'attempts', 'delivery', 'turns'],
  ]
  return {
    kind: 'list',
    name: 'notifications',
    columns: columns.map((key) => ({ key, title: key })),
    rows: decisions.map((one) => ({
      ...{ decided: visit.show.iso(one.decidedAt), time: visit.show.iso(one.time), contact: one.contact, notifier: one.notifier },
      ...{
        outcome: one.outcome,
        filter: one.filter ?? null,
        reason: one.reason,
        kind: one.kind,
        state: one.state,
        rule: one.rule,
      },
      ...{ target: one.targetName ?? one.target?.id ?? null, project: one.project, check: one.check, attempts: one.attempts },
      delivery: one.deliveryId,
      turns: one.turns
        .map((turn) => `${visit.show.iso(turn.time)} ${turn.outcome}${turn.reason === null ? '' : `: ${turn.reason}`}`)
        .join('; '),
    })),
  }
}
