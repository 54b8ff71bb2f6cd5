/** Placement of the fake cloud: each host with what its instances were promised; the last one is disabled. */
import type { CapacityJournal } from '../../model/contract.ts'
import type { ReadProvider } from '../../model/placement.ts'
import type { Instance } from '../../model/resource.ts'

export function fakeCapacity(
  hosts: readonly string[],
  instances: readonly Instance[],
  readAt: () => number,
): Pick<CapacityJournal, 'readings'> {
  const providers = hosts.map((name, n): ReadProvider => {
    const here = instances.filter(({ host }) => host === name)
    const used = (of: (flavor: NonNullable<Instance['flavor']>) => number) =>
      here.reduce((sum, { flavor }) => sum + (flavor ? of(flavor) : 0), 0)
    const inventory = (total: number, allocationRatio: number, reserved: number, used: number) => ({
      ...{ total, allocationRatio, reserved, used, minUnit: 1, maxUnit: total, stepSize: 1 },
    })
    return {
      ...{ id: `rp-${n}`, name: `${name}.example.org`, generation: 1, root: `rp-${n}`, pools: [] },
      inventories: {
        VCPU: inventory(
          64,
          4,
          0,
          used(({ vcpus }) => vcpus),
        ),
        MEMORY_MB: inventory(
          262_144,
          1,
          8192,
          used(({ memoryMb }) => memoryMb),
        ),
        DISK_GB: inventory(
          4000,
          1,
          0,
          used(({ diskGb }) => diskGb),
        ),
      },
      traits: ['COMPUTE_NODE', ...(n === hosts.length - 1 ? ['COMPUTE_STATUS_DISABLED'] : [])],
    }
  })
  return {
    readings: async ({ projects }) => (projects === 'all' ? [{ cloud: 'fake', readAt: readAt(), providers }] : []),
  }
}
