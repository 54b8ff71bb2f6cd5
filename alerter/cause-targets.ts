/** What may be the cause of many problems, as targets of checks; and what it means for each project. */
import type { Target } from '../model/contract.ts'
import { below, buildTopology, ownerOf, type Topology, type TopologyFacts, type TopologyNode } from '../model/topology.ts'
import { takesResults } from './passive.ts'
import type { Rule } from './rules.ts'

/** Fewer than two have nothing in common; of two ports that fail nobody can say that the network does. */
const carries = { region: ['zone', 2], zone: ['hypervisor', 2], router: ['network', 2], network: ['port', 3] } as const

export const causeTargetsOf = (facts: TopologyFacts, rules: readonly Rule[]): Target[] =>
  causeTargets(buildTopology(facts), rules)

export function causeTargets(topology: Topology, rules: readonly Rule[]): Target[] {
  const projects = new Set([...topology.instance.values()].flatMap(({ project }) => project ?? []))
  const groups = (['region', 'zone', 'router', 'network'] as const).flatMap((kind) => {
    const [what, least] = carries[kind]
    return [...topology[kind].values()].filter((node) => below(node, what).length >= least).map((node) => ({ ...node, kind }))
  })
  const bare = { project: null, host: null, instance: null }
  return [
    ...groups.map(
      (node): Target => ({
        ...bare,
        kind: node.kind,
        id: node.id,
        name: node.name,
        project: projectOf(node),
      }),
    ),
    ...[...projects].map((id): Target => ({ ...bare, kind: 'impact', id, name: null, project: id })),
    ...rules.filter(takesResults).map(({ name }): Target => ({ ...bare, kind: 'source', id: name, name })),
  ]
}

/** A network in which another project has a port is nobody's to hear of but the operators'. */
const projectOf = (node: TopologyNode) => (node.kind === 'network' || node.kind === 'router' ? ownerOf(node) : null)
