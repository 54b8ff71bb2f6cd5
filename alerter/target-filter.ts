/** Which targets a rule or a downtime is for. */
import type { Check, Target } from '../model/contract.ts'

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
    (!names || names.some((pattern) => fits(pattern, name))) &&
    !notNames?.some((pattern) => fits(pattern, name))
  )
}

/** `*` stands for any text; no backtracking, whatever the name. */
function fits(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  const tail = rest.pop() as string
  if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) return false
  let at = head.length
  const end = name.length - tail.length
  return rest.every((part) => {
    const found = name.indexOf(part, at)
    at = found + part.length
    return found !== -1 && at <= end
  })
}
