import { problemStates, type State } from '../../model/check.ts'
import type { ProblemQuery } from '../../model/contract.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { hostChoices, projectChoices } from '../names.ts'
import { groupedRows } from '../problem-groups.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const shownAtMost = 200
const recoveredMs = 3_600_000

const columns = [
  'state',
  'hard',
  'attempt',
  'target',
  'kind',
  'rule',
  'project',
  'host',
  'since',
  'output',
  'acknowledged',
  'comment',
]

/** Problems: what is wrong now, and who has it. */
export const problemsPage: Route = {
  method: 'get',
  path: '/problems{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(visit)
    const [content, projects, hosts] = await Promise.all([
      problemList.model(visit),
      projectChoices(visit, text(visit, 'project')),
      hostChoices(visit, text(visit, 'host')),
    ])
    return {
      kind: 'page',
      view: 'problems',
      title: visit.t('nav.problems'),
      model: {
        topic: topicOf(problemList, visit),
        content,
        projects,
        hosts,
        q: text(visit, 'q') ?? '',
        states: problemStates.map((state) => ({
          value: state,
          title: visit.t(`state.${state}`),
          chosen: wantedStates(visit)?.includes(state) ?? false,
        })),
        unhandledOnly: visit.query.get('handled') === '0',
        soft: visit.query.get('soft') === '1',
        csv: linkTo(visit, {}, '/problems.csv'),
        json: linkTo(visit, {}, '/problems.json'),
      },
    }
  },
}

/** The list itself: page and live update are drawn from here. */
export const problemList: Fragment = {
  name: 'problem-list',
  access: ['see', 'problems'],
  everyMs: 1000,
  wakes: (change) => change.kind === 'problem',
  async model(visit) {
    const { alerts } = visit.deps
    const query = queryOf(visit)
    // who asks for something certain gets it, whatever explains it
    const searched = ['states', 'project', 'host', 'q'].some((key) => key in query)
    const [problems, summary, recovered] = await Promise.all([
      alerts.problems(visit.scope, { ...query, ...(!searched && { explained: false }), limit: shownAtMost }),
      alerts.summary(visit.scope),
      alerts.recovered(visit.scope, visit.now - recoveredMs),
    ])
    const rows = searched ? await problemRows(visit, problems) : await groupedRows(visit, problems)
    const checks = problemStates.reduce((sum, state) => sum + summary[state], summary.ok + summary.pending)
    return {
      rows,
      full: rows.length === shownAtMost,
      unhandled: summary.unhandled,
      worst: problemStates.find((state) => summary[state] > 0) ?? 'warning',
      total: problemStates.reduce((sum, state) => sum + summary[state], 0),
      filtered: [...visit.query.keys()].length > 0,
      ok: summary.ok,
      checks,
      recovered: recovered.slice(0, 20).map((transition) => ({
        ...transition,
        word: visit.t(`state.${transition.from}`),
        href: `/checks/${encodeURIComponent(transition.check)}`,
        name: transition.targetName ?? transition.target.id,
      })),
      mayAcknowledge: visit.can('acknowledge', 'problems'),
      clear: visit.path.startsWith('/live') ? '/problems' : visit.path,
    }
  },
}

/** How many problems nobody has taken: beside the word Problems in the rail. */
export const problemBadge: Fragment = {
  name: 'problem-badge',
  access: ['see', 'problems'],
  everyMs: 1000,
  wakes: (change) => change.kind === 'problem',
  async model(visit) {
    const { unhandled } = await visit.deps.alerts.summary(visit.scope)
    return { unhandled }
  },
}

function wantedStates(visit: Visit): readonly State[] | undefined {
  const wanted = visit.query.getAll('state').flatMap((value) => value.split(','))
  const known = problemStates.filter((state) => wanted.includes(state))
  return known.length === 0 ? undefined : known
}

/** The address as a query of the journal. Who may not see machines cannot ask by machine either. */
export function queryOf(visit: Visit): ProblemQuery {
  const wanted = wantedStates(visit)
  const project = text(visit, 'project')
  const host = visit.can('see', 'hosts') ? text(visit, 'host') : undefined
  const q = text(visit, 'q')
  return {
    ...(wanted && { states: wanted }),
    ...(project !== undefined && { project }),
    ...(host !== undefined && { host }),
    ...(q !== undefined && { q }),
    ...(visit.query.get('handled') === '0' && { handled: false }),
    ...(visit.query.get('soft') === '1' && { soft: true }),
  }
}

async function list(visit: Visit): Promise<Reply> {
  const problems = await visit.deps.alerts.problems(visit.scope, { ...queryOf(visit), limit: 10_000 })
  const hosts = visit.can('see', 'hosts')
  return {
    kind: 'list',
    name: 'problems',
    columns: columns.filter((key) => hosts || key !== 'host').map((key) => ({ key, title: key })),
    rows: problems.map((problem) => ({
      check: problem.check,
      state: problem.state,
      hard: problem.hard,
      attempt: problem.attempt,
      target: problem.targetName ?? problem.target.id,
      kind: problem.target.kind,
      rule: problem.rule,
      project: problem.project,
      ...(hosts && { host: problem.host }),
      since: visit.show.iso(problem.since),
      output: problem.output,
      acknowledged: problem.acknowledgement?.author ?? null,
      comment: problem.acknowledgement?.comment ?? null,
    })),
  }
}
