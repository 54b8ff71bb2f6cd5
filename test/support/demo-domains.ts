import type { DemoDomain } from '../../collector/demo/domain.ts'
import type { DemoProfile } from '../../collector/demo/profile.ts'

/** One demo guest per profile given, numbered from 1. */
export const demoDomains = (...profiles: DemoProfile[]): DemoDomain[] =>
  profiles.map((profile, i) => {
    const n = i + 1
    return {
      uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      domain: `instance-${String(n).padStart(8, '0')}`,
      profile,
      nova: {
        name: `${profile} <${n}>`,
        flavor: { name: 'm1.small', vcpus: 2, memoryMb: 2048, diskGb: 20 },
        project: { id: 'p1', name: 'web-tv' },
        user: { id: 'u1', name: 'giulia.conti' },
        image: 'i1',
        createdAt: Date.UTC(2026, 9, 1),
        addresses: [`10.0.0.${n}`],
      },
    }
  })
