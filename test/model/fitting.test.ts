import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fitting, type ProviderInventory, type ResourceProvider, requestOf, roomFor } from '../../model/fitting.ts'

const inventory = (total: number, used: number, more: Partial<ProviderInventory> = {}): ProviderInventory => ({
  ...{ total, used, reserved: 0, allocationRatio: 1, minUnit: 1, maxUnit: total, stepSize: 1 },
  ...more,
})
interface More extends Partial<Omit<ResourceProvider, 'inventories'>> {
  inventories?: Record<string, ProviderInventory | ProviderInventory[]>
}
const usual = {
  VCPU: inventory(16, 40, { allocationRatio: 4 }),
  MEMORY_MB: inventory(65_536, 32_768, { reserved: 512 }),
  DISK_GB: inventory(500, 100),
}
const provider = (name: string, { inventories = usual, ...more }: More = {}): ResourceProvider => ({
  ...{ id: name, name, traits: ['HW_CPU_X86_AVX2'], pools: [] },
  inventories: Object.fromEntries(Object.entries(inventories).map(([key, value]) => [key, [value].flat()])),
  ...more,
})
const small = { vcpus: 2, memoryMb: 4096, diskGb: 20 }

describe('how many more of a flavor fit', () => {
  const fits = (
    title: string,
    host: ResourceProvider,
    flavor: Parameters<typeof requestOf>[0],
    count: number,
    limit: string | null,
  ) => it(title, () => assert.deepEqual(roomFor(host, requestOf(flavor)), { provider: host.name, count, limit }))

  fits('is what the scarcest resource allows, after what is reserved', provider('a'), small, 7, 'MEMORY_MB')
  fits('counts promised CPUs by their ratio', provider('a'), { ...small, memoryMb: 64 }, 12, 'VCPU')
  fits(
    'needs no disk for an instance that boots from a volume',
    provider('a'),
    { vcpus: 1, memoryMb: 1024, diskGb: 0 },
    24,
    'VCPU',
  )
  fits('counts swap as disk, whole gigabytes', provider('a'), { vcpus: 1, memoryMb: 1, diskGb: 99, swapMb: 1 }, 4, 'DISK_GB')
  fits('is none where one instance alone is too large', provider('a'), { ...small, vcpus: 17 }, 0, 'VCPU')
  fits(
    'is none where more is used than there is',
    provider('a', { inventories: { VCPU: inventory(4, 9) } }),
    { vcpus: 1, memoryMb: 0, diskGb: 0 },
    0,
    'VCPU',
  )
  fits('is none where the host has no such thing', provider('a'), { ...small, extraSpecs: { 'resources:VGPU': '1' } }, 0, 'VGPU')
  fits('takes an override of the flavor', provider('a'), { ...small, extraSpecs: { 'resources:MEMORY_MB': '0' } }, 12, 'VCPU')
  fits(
    'asks for pinned CPUs where the flavor does',
    provider('a'),
    { ...small, extraSpecs: { 'hw:cpu_policy': 'dedicated' } },
    0,
    'PCPU',
  )
  fits(
    'obeys steps',
    provider('a', { inventories: { VCPU: inventory(8, 0, { stepSize: 2 }) } }),
    { vcpus: 1, memoryMb: 0, diskGb: 0 },
    0,
    'VCPU',
  )
  fits('is none on a disabled host', provider('a', { traits: ['COMPUTE_STATUS_DISABLED'] }), small, 0, 'COMPUTE_STATUS_DISABLED')
  fits(
    'is none without a trait that is required',
    provider('a'),
    { ...small, extraSpecs: { 'trait:HW_GPU': 'required' } },
    0,
    'HW_GPU',
  )
  fits(
    'is none with one that is forbidden',
    provider('a'),
    { ...small, extraSpecs: { 'trait:HW_CPU_X86_AVX2': 'forbidden' } },
    0,
    'HW_CPU_X86_AVX2',
  )

  it('is summed over hosts, and says when it is an upper bound', () => {
    const found = fitting([provider('b'), provider('a', { traits: ['COMPUTE_STATUS_DISABLED'] })], {
      ...small,
      extraSpecs: { 'resources1:CUSTOM_NIC': '1' },
    })
    assert.deepEqual([found.total, found.partial, found.fits.map(({ provider }) => provider)], [7, true, ['b', 'a']])
  })

  it('is exactly as many as Placement would take one after the other', () =>
    fc.assert(
      fc.property(
        fc.record({
          total: fc.nat(200),
          used: fc.nat(300),
          reserved: fc.nat(20),
          ratio: fc.constantFrom(1, 1.5, 4, 16),
          amount: fc.integer({ min: 1, max: 50 }),
        }),
        ({ total, used, reserved, ratio, amount }) => {
          const one = inventory(total, used, { reserved, allocationRatio: ratio })
          let [taken, count] = [used, 0]
          while (amount <= one.maxUnit && taken + amount <= (total - reserved) * ratio) {
            taken += amount
            count++
          }
          const host = provider('a', { inventories: { VCPU: one } })
          assert.equal(roomFor(host, requestOf({ vcpus: amount, memoryMb: 0, diskGb: 0 })).count, count)
        },
      ),
    ))
})
