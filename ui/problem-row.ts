import type { Problem } from '../model/check.ts'
import { namesOf } from './names.ts'
import { cpuSparks } from './spark.ts'
import type { Visit } from './visit.ts'

/** Problems as rows of a list: names for ids, links, and a line of what the CPU did. */
export async function problemRows(visit: Visit, problems: readonly Problem[]) {
  const instances = problems.filter(({ target }) => target.kind === 'instance').map(({ target }) => target.id)
  const [project, sparks] = await Promise.all([
    namesOf(
      visit,
      'project',
      problems.map((problem) => problem.project),
    ),
    cpuSparks(visit, instances),
  ])
  const hosts = visit.can('see', 'hosts')
  return problems.map((problem) => ({
    ...problem,
    cause: null, // which check that is, is only for those who may see it
    id: problem.check,
    href: `/checks/${encodeURIComponent(problem.check)}`,
    word: visit.t(`state.${problem.state}`),
    handled: problem.acknowledgement !== null,
    soft: !problem.hard,
    target: problem.targetName ?? problem.target.id,
    targetHref: targetHref(visit, problem),
    projectName: project(problem.project),
    host: hosts ? problem.host : null,
    spark: sparks.get(problem.target.id) ?? null,
    overdue: problem.nextCheck !== null && visit.now - problem.nextCheck > 60_000,
    mayAcknowledge: visit.can('acknowledge', 'problems') && problem.state !== 'ok',
  }))
}

/** The page of what a check looks at, where there is one. */
export function targetHref(visit: Visit, { target }: Pick<Problem, 'target'>): string | null {
  if (target.kind === 'instance') return `/instances/${encodeURIComponent(target.id)}`
  if (target.kind === 'hypervisor' && visit.can('see', 'hosts')) return `/hosts/${encodeURIComponent(target.id)}`
  if (target.kind === 'device' && visit.can('see', 'hosts')) return `/devices?q=${encodeURIComponent(target.id)}`
  if (target.kind === 'project') return `/projects/${encodeURIComponent(target.id)}`
  return null
}
