/** What Ganglia would tell of the fake cloud: a gmond on every hypervisor and on the first instances; the one on hv-07 is dead. */
import type { MachineJournal } from '../../model/contract.ts'
import type { Instance, Machine } from '../../model/resource.ts'

const facts = (title: string, unit: string, group: string, slope = 'both') => ({ title, unit, group, type: 'float', slope })

const metrics = {
  load_one: facts('One Minute Load Average', '', 'load'),
  mem_free: facts('Free Memory', 'KB', 'memory'),
  cpu_wio: facts('CPU wio', '%', 'cpu'),
  temp_cpu: facts('CPU temperature', 'Celsius', 'sensors'),
}

/** So many of the first instances run a gmond of their own. */
const guests = 12

export function fakeMachines(
  instances: readonly Instance[],
  hosts: readonly string[],
  now: number,
  hostile: readonly string[],
): MachineJournal & { all: Machine[] } {
  const machine = (cluster: string, name: string, more: Partial<Machine>): Machine => ({
    ...{ cluster, name, address: '10.3.0.1', hypervisor: null, instance: null, project: null, seenAt: now - 4000 },
    ...{ metrics, facts: { os_name: 'Linux', os_release: '6.1.0' } },
    ...more,
  })
  const all = [
    ...hosts.map((host) => machine('compute', `${host}.cloud`, { hypervisor: host })),
    ...instances.slice(0, guests).map(({ id, name, project }, n) => {
      const evil = hostile[n]
      const own = evil === undefined ? {} : { [evil]: facts(evil, evil, evil) }
      return machine('guests', name ?? id, {
        instance: id,
        project,
        metrics: { ...metrics, ...own },
        facts: { os_name: evil ?? 'Linux' },
      })
    }),
    machine('compute', 'switch-17', {}),
  ]
  return {
    all,
    seen: async () => undefined,
    machines: async ({ projects }, query) =>
      all.filter(
        ({ project, hypervisor, instance }) =>
          (projects === 'all' || (project !== null && projects.includes(project))) &&
          (query.hypervisor === undefined || hypervisor === query.hypervisor) &&
          (query.instance === undefined || instance === query.instance),
      ),
  }
}

/** Series of the measurement `ganglia`, as the fake store wants them. */
export function gangliaSources(machines: readonly Machine[], now: () => number) {
  return machines.flatMap(({ cluster, name, hypervisor, instance, project, metrics }) =>
    ['heartbeat', ...Object.keys(metrics)].map((metric) => ({
      tags: {
        ...{ cluster, machine: name, metric },
        ...(hypervisor !== null && { host: hypervisor }),
        ...(instance !== null && { instance, project: project ?? '' }),
      } as Record<string, string>,
      at: (time: number): Record<string, number> | null =>
        time > now() - (hypervisor === 'hv-07' ? 900_000 : 0) ? null : { value: 40 + 30 * Math.sin(time / 1e6), tmax: 20 },
    })),
  )
}
