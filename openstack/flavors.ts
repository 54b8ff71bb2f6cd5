/** Replies of Nova's `GET /flavors/detail?is_public=None` → readings of flavors. */
import type { CloudEvent, FlavorFacts } from '../model/event.ts'
import { type Fields, isFields } from '../model/fields.ts'
import { entries, number, observed, text } from './reply.ts'

/** One `flavor.observed` per flavor; extra specs are told from microversion 2.61 on. A swap of none is '' before 2.75. */
export function flavorsObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'flavors').flatMap((flavor) => {
    const sizes = sizesOf(flavor)
    return (
      observed(flavor, readAt, {
        kind: 'flavor',
        service: 'nova',
        project: null,
        about: {
          name: text(flavor.name),
          status: flavor['OS-FLV-DISABLED:disabled'] === true ? 'disabled' : 'enabled',
          shared: flavor['os-flavor-access:is_public'] !== false,
          ...(sizes && { flavor: sizes }),
        },
      }) ?? []
    )
  })
}

function sizesOf(flavor: Fields): FlavorFacts | null {
  const vcpus = number(flavor.vcpus)
  const memoryMb = number(flavor.ram)
  if (vcpus === null || memoryMb === null) return null
  const specs = isFields(flavor.extra_specs) ? Object.entries(flavor.extra_specs) : []
  return {
    id: text(flavor.id),
    name: text(flavor.name),
    vcpus,
    memoryMb,
    rootGb: number(flavor.disk) ?? 0,
    ephemeralGb: number(flavor['OS-FLV-EXT-DATA:ephemeral']) ?? 0,
    swapMb: number(flavor.swap) ?? 0,
    ...(specs.length > 0 && { extraSpecs: Object.fromEntries(specs.map(([key, value]) => [key, String(value)])) }),
  }
}
