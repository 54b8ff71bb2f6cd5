/** Problems under what explains them: as a tree of rows, the causes with their counts. */
import type { Problem } from '../model/check.ts'
import { problemRows } from './problem-row.ts'
import type { Visit } from './visit.ts'

/** What is under a region is three steps below it: availability zones, hypervisors, instances. */
const deepest = 3
/** Of what a cause explains, so many are listed. */
const listedAtMost = 50
const readAtMost = 1000

export type ProblemRow = Awaited<ReturnType<typeof problemRows>>[number]

export interface GroupedRow extends ProblemRow {
  explains: readonly GroupedRow[]
  /** All that is counted under it, at any depth. */
  explained: number
  /** Of those right below it, how many are not listed. */
  unlisted: number
}

/** One query a level, however many rows there are. */
export async function groupedRows(visit: Visit, roots: readonly Problem[]): Promise<GroupedRow[]> {
  const levels: (readonly Problem[])[] = [roots]
  const counts = new Map<string, number>()
  for (let depth = 0; depth < deepest; depth++) {
    const ids = (levels.at(-1) ?? []).map(({ check }) => check)
    const found = ids.length === 0 ? new Map<string, number>() : await visit.deps.alerts.explains(visit.scope, ids)
    if (found.size === 0) break
    for (const [id, count] of found) counts.set(id, count)
    levels.push(await visit.deps.alerts.problems(visit.scope, { causes: [...found.keys()], limit: readAtMost }))
  }
  const below = Map.groupBy(levels.slice(1).flat(), ({ cause }) => cause ?? '')
  const shown = [...roots, ...[...below.values()].flatMap((list) => list.slice(0, listedAtMost))]
  const rows = new Map((await problemRows(visit, shown)).map((row) => [row.id, row]))
  const grouped = (problem: Problem, seen: ReadonlySet<string>): GroupedRow[] => {
    const row = rows.get(problem.check)
    if (!row || seen.has(problem.check)) return []
    const within = new Set([...seen, problem.check])
    const explains = (below.get(problem.check) ?? []).flatMap((one) => grouped(one, within))
    const direct = counts.get(problem.check) ?? 0
    const deeper = explains.reduce((sum, one) => sum + one.explained, 0)
    return [{ ...row, explains, explained: direct + deeper, unlisted: Math.max(0, direct - explains.length) }]
  }
  return roots.flatMap((problem) => grouped(problem, new Set()))
}
