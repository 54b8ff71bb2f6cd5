import { type Fragment, topicOf } from '../fragment.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'

const shownAtMost = 50

/** For a thumb at night: what nobody has taken, and taking it in two taps. */
export const phonePage: Route = {
  method: 'get',
  path: '/phone',
  async handle(visit): Promise<Reply> {
    return {
      kind: 'page',
      view: 'phone',
      title: visit.t('nav.phone'),
      model: { topic: topicOf(phoneList, visit), content: await phoneList.model(visit) },
    }
  },
}

export const phoneList: Fragment = {
  name: 'phone-list',
  access: ['see', 'problems'],
  everyMs: 2000,
  wakes: (change) => change.kind === 'problem',
  async model(visit) {
    const { alerts, onCall } = visit.deps
    const [problems, summary] = await Promise.all([
      alerts.problems(visit.scope, { handled: false, limit: shownAtMost }),
      alerts.summary(visit.scope),
    ])
    const rows = await problemRows(visit, problems)
    return {
      rows: rows.filter(({ inDowntime }) => !inDowntime),
      unhandled: summary.unhandled,
      onCall: visit.can('see', 'oncall')
        ? onCall.rotas(visit.now).map(({ rota, now }) => ({ rota, who: now.who, until: now.to }))
        : [],
    }
  },
}
