/** Which targets a rule, a service or a downtime is for. */
import { globFits } from './glob.ts'
import { type Selector, selects } from './selector.ts'
import type { Target, TargetKind } from './target.ts'

/** Every given list must contain the target; names may hold `*`. */
export interface TargetFilter {
  kinds?: readonly TargetKind[] | undefined
  projects?: readonly string[] | undefined
  hosts?: readonly string[] | undefined
  names?: readonly string[] | undefined
  notNames?: readonly string[] | undefined
  /** What its labels must be. */
  match?: Selector | undefined
}

/** Does the rule look at this target? */
export function concerns(
  { check, targets }: { check: { targets: readonly TargetKind[] }; targets: TargetFilter },
  target: Target,
): boolean {
  return check.targets.includes(target.kind) && isMeant(targets, target)
}

/** Is the target one of these? */
export function isMeant({ kinds, projects, hosts, names, notNames, match }: TargetFilter, target: Target): boolean {
  const name = target.name ?? target.id
  return (
    (!kinds || kinds.includes(target.kind)) &&
    (!projects || (target.project !== null && projects.includes(target.project))) &&
    (!hosts || (target.host !== null && hosts.includes(target.host))) &&
    (!names || names.some((pattern) => globFits(pattern, name))) &&
    !notNames?.some((pattern) => globFits(pattern, name)) &&
    (!match || selects(match, target.labels ?? {}))
  )
}
