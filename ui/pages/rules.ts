import { problemStates } from '../../model/check.ts'
import type { RuleFacts } from '../../model/rule-board.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import type { Reply, Route } from '../route.ts'

const states = [...problemStates, 'ok', 'pending'] as const

/** All rules: what they look at, how that stands, and what it costs. */
export const rulesPage: Route = {
  method: 'get',
  path: '/rules{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return listOf(visit.deps.rules.rules())
    return {
      kind: 'page',
      view: 'rules',
      title: visit.t('nav.rules'),
      model: { topic: topicOf(ruleList, visit), content: await ruleList.model(visit), csv: '/rules.csv', json: '/rules.json' },
    }
  },
}

export const ruleList: Fragment = {
  name: 'rule-list',
  access: ['see', 'rules'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'problem' || change.kind === 'samples',
  async model(visit) {
    const rules = visit.deps.rules.rules().filter(({ service }) => !service)
    return {
      targets: rules.reduce((sum, rule) => sum + rule.targets, 0),
      count: rules.length,
      rows: rules.map((rule) => {
        const shape = rule.targets === 0 ? 'pending' : (states.find((state) => rule.states[state] > 0) ?? 'pending')
        return {
          ...rule,
          shape,
          word: rule.targets === 0 ? visit.t('rules.noTargets') : visit.t(`state.${shape}`),
          counts: states
            .filter((state) => rule.states[state] > 0)
            .map((state) => ({ state, n: rule.states[state], word: visit.t(`state.${state}`) })),
          took: rule.cost ? Math.round(rule.cost.ms * 10) / 10 : null,
        }
      }),
    }
  },
}

function listOf(rules: readonly RuleFacts[]): Reply {
  const keys = [
    'name',
    'plugin',
    'service',
    'interval_s',
    'attempts',
    'targets',
    ...states,
    'overridden',
    'ignored',
    'switched_off',
  ]
  return {
    kind: 'list',
    name: 'rules',
    columns: [...keys, 'selection', 'last_run_checks', 'last_run_ms'].map((key) => ({ key, title: key })),
    rows: rules.map((rule) => ({
      ...{ name: rule.name, plugin: rule.plugin, service: rule.service ? 'yes' : 'no', interval_s: rule.intervalMs / 1000 },
      ...{ attempts: rule.attempts, targets: rule.targets, ...rule.states },
      ...{ overridden: rule.overridden, ignored: rule.ignored, switched_off: rule.switchedOff },
      selection: rule.selection.join('; '),
      ...{ last_run_checks: rule.cost?.checks ?? null, last_run_ms: rule.cost ? Math.round(rule.cost.ms) : null },
    })),
  }
}
