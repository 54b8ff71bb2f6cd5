/** What carries what in a rule test, as its file says. */
import type { TopologyFacts } from '../../model/topology.ts'
import type { TimedTopology } from './past-topology.ts'
import type { RuleTest } from './rule-test-file.ts'

export function testTopology({ targets, carries }: RuleTest, start: number): TimedTopology {
  const named = (id: string) => ({ id, name: id, project: null })
  const instances = targets.filter(({ kind }) => kind === 'instance')
  const { region, networks } = carries
  const moves = [...carries.moves].sort((a, b) => a.at - b.at)
  const hostAt = (id: string, first: string | null, after: number) =>
    moves.findLast(({ target, at }) => target === id && at <= after)?.host ?? first
  const hosts = [
    ...targets.flatMap(({ kind, id, host }) => (kind === 'hypervisor' ? id : (host ?? []))),
    ...moves.map(({ host }) => host),
  ]
  const facts = (after: number): TopologyFacts => ({
    ...{ regions: region === undefined ? [] : [region], hosts: [...new Set(hosts)], subnets: [] },
    instances: instances.map(({ id, name = id, project = null, host = null, state, az = null }) => ({
      ...{ id, name, project, state, zone: az },
      host: hostAt(id, host, after),
    })),
    routers: [...new Set(networks.flatMap(({ router }) => router ?? []))].map(named),
    networks: networks.map(({ id, name = id, project = null }) => ({ id, name, project })),
    ports: networks.flatMap(({ id, router, instances, down, project = null }) => [
      ...instances.map((instance) => {
        const since = down.find((one) => one.instance === instance && one.at <= after)
        return {
          ...{ ...named(`${id} ${instance}`), project, network: id, address: null, router: null, instances: [instance] },
          ...{ status: since ? 'DOWN' : 'ACTIVE', at: since ? start + since.at : 0 },
        }
      }),
      ...(router === undefined
        ? []
        : [{ ...named(`${id} ${router}`), network: id, address: null, router, instances: [], status: null, at: 0 }]),
    ]),
  })
  const changes = [...moves, ...networks.flatMap(({ down }) => down)].map(({ at }) => start + at)
  return { changes: [...new Set(changes)].sort((a, b) => a - b), at: (now) => facts(now - start) }
}
