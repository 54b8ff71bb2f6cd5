/** Volumes, images, floating IPs and networks of the fake cloud's projects, told by API readings to a real journal. */
import { type CloudEvent, nativeEvent, type ResourceFacts } from '../../model/event.ts'
import type { Instance } from '../../model/resource.ts'
import { fakeProjects, fakeUsers } from './fake-cloud.ts'

const day = 24 * 3_600_000

/** `hostile` replaces names, one after the other. The last project's image and network are for all to see. */
export function fakeResources(instances: readonly Instance[], now: number, hostile: readonly string[] = []): CloudEvent[] {
  const names = [...hostile]
  let number = 0
  const told = (kind: string, project: string | null, name: string, about: ResourceFacts): CloudEvent => {
    number++
    const given = kind === 'project' ? name : (names.shift() ?? name)
    return nativeEvent({
      id: `fake:${number}`,
      type: `${kind}.observed`,
      time: now - day,
      service: 'cinder',
      publisher: 'openstack api',
      resource: {
        kind,
        id: `${kind.slice(0, 2)}${String(number).padStart(6, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`,
      },
      project,
      user: project === null ? null : (fakeUsers[number % 5]?.id ?? null),
      about: { name: given, createdAt: now - (5 + number) * day, ...about },
    })
  }
  const flavors = (
    [
      ['m1.small', 1, 2048, 20],
      ['m1.large', 4, 8192, 80],
      ['c5.2xlarge', 8, 16_384, 40],
      ['r5.4xlarge', 16, 131_072, 100],
      ['g1.gpu', 8, 32_768, 100],
    ] as const
  ).map(([name, vcpus, memoryMb, rootGb]) => {
    const extraSpecs = name === 'g1.gpu' ? { 'resources:VGPU': '1' } : {}
    const flavor = { ...{ id: null, name, vcpus, memoryMb, rootGb, ephemeralGb: 0 }, extraSpecs }
    return () => told('flavor', null, name, { shared: true, flavor })
  })
  const ofProjects = fakeProjects.flatMap(({ id, name }, n) => {
    const own = instances.filter(({ project }) => project === id)
    const shared = n === fakeProjects.length - 1
    const volumes = [0, 1, 2].map((v) =>
      told('volume', id, `${name}-data-${v}`, {
        sizeGib: 10 * (v + 1),
        volumeType: v === 2 ? 'slow' : 'fast',
        status: v === 0 ? 'available' : 'in-use',
        instances: v === 0 ? [] : [own[v]?.id ?? ''],
      }),
    )
    const network = told('network', id, `${name}-net`, { status: 'ACTIVE', shared })
    return [
      ...volumes,
      told('snapshot', id, `${name}-snap`, { sizeGib: 10, status: 'available', parent: volumes[0]?.resource ?? null }),
      told('image', id, `${name}-image`, {
        sizeGib: 1.5,
        status: 'active',
        shared,
        parent: { kind: 'instance', id: own[0]?.id ?? '' },
      }),
      told('floatingip', id, `192.0.2.${n + 1}`, {
        address: `192.0.2.${n + 1}`,
        status: 'ACTIVE',
        parent: { kind: 'port', id: `port-${n}` },
      }),
      told('floatingip', id, `192.0.2.${n + 101}`, { address: `192.0.2.${n + 101}`, status: 'DOWN', parent: null }),
      network,
      told('subnet', id, `${name}-subnet`, { address: `10.${n}.0.0/24`, parent: network.resource }),
      told('router', id, `${name}-router`, { status: 'ACTIVE' }),
      told('security_group', id, `${name}-web`, {}),
    ]
  })
  return [...ofProjects, ...flavors.map((make) => make())]
}
