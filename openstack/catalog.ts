/** Which address of the catalog is a service's. Pure. */
import { AppError } from '../model/contract.ts'
import type { CloudAccess } from './access.ts'
import type { CatalogService } from './keystone.ts'

/** Our name of a service → the types under which catalogs have it, the best first. */
export const serviceTypes = {
  compute: ['compute'],
  volume: ['block-storage', 'volumev3', 'block-store', 'volume', 'volumev2'],
  image: ['image'],
  network: ['network'],
  identity: ['identity'],
  placement: ['placement'],
  'object-store': ['object-store'],
} as const
export type ServiceName = keyof typeof serviceTypes

/** Throws AppError('not-found') that lists what the catalog has instead. */
export function endpointOf(catalog: readonly CatalogService[], service: ServiceName, access: CloudAccess): string {
  const types: readonly string[] = serviceTypes[service]
  for (const name of [service, ...types]) {
    const override = access.endpoints[name]
    if (override !== undefined) return override
  }
  if (service === 'identity' && !catalog.some(({ type }) => type === 'identity')) return access.authUrl
  const candidates = types.flatMap((type) => catalog.filter((entry) => entry.type === type))
  const listed = (words: readonly (string | null)[]) =>
    [...new Set(words.map((word) => word ?? '(none)'))].join(', ') || 'nothing'
  if (candidates.length === 0)
    throw new AppError(
      'not-found',
      `${service}: the catalog has no such service (it has ${listed(catalog.map(({ type }) => type))}); set endpoints.${service}, or go without`,
    )
  const endpoints = candidates.flatMap((entry) => entry.endpoints)
  const here = access.region === null ? endpoints : endpoints.filter(({ region }) => region === access.region)
  if (here.length === 0)
    throw new AppError(
      'not-found',
      `${service}: not in region "${access.region}" (the catalog has it in ${listed(endpoints.map(({ region }) => region))})`,
    )
  const facing = here.filter(({ interface: face }) => face === access.interface)
  if (facing.length === 0)
    throw new AppError(
      'not-found',
      `${service}: no ${access.interface} address in the catalog (there are: ${listed(here.map(({ interface: face }) => face))}); set \`interface\``,
    )
  const regions = [...new Set(facing.map(({ region }) => region))]
  if (regions.length > 1)
    throw new AppError('not-found', `${service}: the catalog has it in the regions ${listed(regions)}: set \`region\``)
  return (facing[0] as { url: string }).url
}
