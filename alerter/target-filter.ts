/** Which targets a rule or a downtime is for. */
import type { Check, Target } from '../model/contract.ts'
import { globFits } from '../model/glob.ts'

/** Every given list must contain the target; names may hold `*`. */
export interface TargetFilter {
  projects?: readonly string[] | undefined
  hosts?: readonly string[] | undefined
  names?: readonly string[] | undefined
  notNames?: readonly string[] | undefined
}

/** Does the rule look at this target? */
export function concerns({ check, targets }: { check: Pick<Check, 'targets'>; targets: TargetFilter }, target: Target): boolean {
  const { projects, hosts, names, notNames } = targets
  const name = target.name ?? target.id
  return (
    check.targets.includes(target.kind) &&
    (!projects || (target.project !== null && projects.includes(target.project))) &&
    (!hosts || (target.host !== null && hosts.includes(target.host))) &&
    (!names || names.some((pattern) => globFits(pattern, name))) &&
    !notNames?.some((pattern) => globFits(pattern, name))
  )
}
