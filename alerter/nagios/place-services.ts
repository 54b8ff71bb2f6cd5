/** Which definition of a service counts on which host. */
import type { Resolved } from './inherit.ts'
import { expandList, firstHost, type Names } from './object-lists.ts'
import type { Complaint } from './read-definitions.ts'

interface Placed {
  one: Resolved
  /** Place among all definitions. */
  index: number
  /** The host is in it by a hostgroup alone. */
  byGroup: boolean
  /** It is one of the copies that Nagios makes for all hosts but one. */
  copy: boolean
}

export const hostOf = (key: string) => key.slice(0, key.indexOf(';'))

/**
 * By `host;description`. Of several: a host that is named before one that is in a hostgroup; copies before definitions; of copies the
 * first, of definitions the last. That is what Nagios' lists come to, not what anybody would plan: each is told.
 */
export function placeServices(
  all: readonly Resolved[],
  names: Names,
): { counting: Map<string, Resolved>; complaints: Complaint[] } {
  const complaints: Complaint[] = []
  const complain = (one: Resolved, message: string, line = one.definition.line, fatal = true) =>
    complaints.push({ file: one.definition.file, line, message, fatal })
  const placed = new Map<string, Placed[]>()
  for (const [index, one] of all.entries()) {
    const description = one.values.get('service_description')?.text
    const [named, grouped] = [one.values.get('host_name'), one.values.get('hostgroup_name')]
    if (description === undefined) complain(one, 'this service has no service_description')
    if (!named && !grouped) complain(one, 'this service has no host: host_name or hostgroup_name is needed')
    const missing = (what: string, { line }: { line: number }) => complain(one, `no host or hostgroup matches "${what}"`, line)
    const own = new Set(named ? expandList(named, undefined, names, () => undefined) : [])
    const first = firstHost(named, grouped, names)
    for (const host of expandList(named, grouped, names, missing)) {
      const key = `${host};${description ?? ''}`
      placed.set(key, [...(placed.get(key) ?? []), { one, index, byGroup: !own.has(host), copy: host !== first }])
    }
  }
  const counting = new Map<string, Resolved>()
  for (const [key, candidates] of placed) {
    const [best, ...others] = candidates.sort(before)
    if (!best) continue
    counting.set(key, best.one)
    for (const { one } of others)
      complain(
        one,
        `the service "${key.slice(hostOf(key).length + 1)}" on "${hostOf(key)}" is defined twice: ${placeOf(best.one)} counts`,
        undefined,
        false,
      )
  }
  return { counting, complaints }
}

const placeOf = ({ definition }: Resolved) => `${definition.file}:${definition.line}`

function before(a: Placed, b: Placed): number {
  if (a.byGroup !== b.byGroup) return a.byGroup ? 1 : -1
  if (a.copy !== b.copy) return a.copy ? -1 : 1
  return a.copy ? a.index - b.index : b.index - a.index
}
