/** What failing causes mean: for everybody together, and for the people of one project. */

import { cappedList } from '../model/cause.ts'
import type { Target } from '../model/contract.ts'
import { above, below, type TopologyNode } from '../model/topology.ts'
import type { Causes } from './causes.ts'

export interface Impact {
  affected: readonly { id: string; name: string | null; silent: boolean }[]
  of: number
}

/** The project's instances that something fails for which is not the project's own. */
export function impactOn(causes: Causes, project: string): Impact {
  const own = causes.instancesOf(project)
  const affected = own.flatMap((node) => {
    const host = above(node, 'hypervisor').some(({ id }) => causes.dependencies.standing(id).fails)
    const wrong = host ? { silent: false } : explainedTrouble(causes, node, project)
    return wrong ? [{ id: node.id, name: node.name, silent: wrong.silent }] : []
  })
  return { affected, of: own.length }
}

function explainedTrouble(causes: Causes, node: TopologyNode, project: string) {
  const wrong = causes.trouble('instance', node.id)
  if (!wrong) return null
  const elsewhere = causes.registry.of('instance', node.id).some((entry) => {
    if (entry.stored.state.state === 'ok') return false
    const found = causes.explain(entry)
    return found !== null && (found.cause === null || causes.registry.entries.get(found.cause)?.target.project !== project)
  })
  return elsewhere ? wrong : null
}

/** What a problem of the target takes with it, for those who see everything. */
export interface CarriedSummary {
  instances: number
  projects: number
  names: readonly string[]
  more: number
}

export function carriedBy(
  causes: Causes,
  target: Pick<Target, 'kind' | 'id' | 'host'>,
  projects: readonly string[] | null,
): CarriedSummary | null {
  if (target.kind === 'instance' || target.kind === 'impact' || target.kind === 'project') return null
  const carried = target.kind === 'connection' && target.host === null ? heardBy(causes, target.id) : instancesOf(causes, target)
  if (!carried) return null
  const instances = carried.filter(({ project }) => projects === null || (project !== null && projects.includes(project)))
  return {
    instances: instances.length,
    projects: new Set(instances.map((one) => one.project)).size,
    ...cappedList(instances.map(({ id, name }) => name ?? id)),
  }
}

function instancesOf(causes: Causes, target: Pick<Target, 'kind' | 'id' | 'host'>): TopologyNode[] | null {
  const node = target.host === null ? causes.node(target.kind, target.id) : causes.node('hypervisor', target.host)
  return node ? below(node, 'instance') : null
}

/** Instances of which nothing is heard while the connection is down. */
function heardBy(causes: Causes, component: string): TopologyNode[] | null {
  const hosts = causes.ways.carries(component)
  if (hosts === null) return null
  if (hosts === 'all') return [...causes.topology.instance.values()]
  return hosts.flatMap((host) => instancesOf(causes, { kind: 'hypervisor', id: host, host }) ?? [])
}
