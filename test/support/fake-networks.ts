/** Neutron of the fake cloud: three networks with a subnet each, a port for each instance. */
import type { Scope } from '../../model/access.ts'
import type { NetworkInventory } from '../../model/contract.ts'
import type { Instance } from '../../model/resource.ts'

const networks = ['net-app', 'net-db', 'net-dmz'].map((name, n) => ({ id: `5e7c000${n}-0000-4000-8000-00000000000${n}`, name }))
const portOf = ({ id }: Instance) => `${id.slice(24)}${id.slice(8)}`.replace(/^(.{8})(.{4})/, '$1')
/** As Neutron's agent would name it. */
export const tapOf = (instance: Instance) => `tap${portOf(instance).slice(0, 11)}`

export function fakeNetworks(instances: readonly Instance[]): NetworkInventory {
  const allowed = ({ projects }: Scope, project: string | null) =>
    projects === 'all' || (project !== null && projects.includes(project))
  return {
    ports: async (scope) =>
      instances
        .filter(({ project }) => allowed(scope, project))
        .map((instance) => {
          const address = instance.addresses[0]?.address ?? ''
          const n = Number(address.split('.')[2]) - 1
          return {
            ...{
              id: portOf(instance),
              network: networks[n]?.id ?? '',
              project: instance.project,
              device: instance.id,
              mac: null,
            },
            fixed: [{ subnet: `sub-${n}`, address }],
          }
        }),
    subnets: async () =>
      networks.map(({ id, name }, n) => ({
        ...{ id: `sub-${n}`, name: `${name}-v4`, network: id, project: null, cidr: `10.1.${n + 1}.0/24` },
        pools: [{ start: `10.1.${n + 1}.2`, end: n === 2 ? '10.1.3.30' : `10.1.${n + 1}.254` }],
      })),
    networks: async () => networks,
  }
}
