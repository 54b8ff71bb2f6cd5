/** Neutron's lists: `GET /v2.0/ports`, `/subnets`, `/networks`. What is not as it should be is left out. */
import { z } from 'zod'
import type { Subnet } from '../model/ip-availability.ts'
import type { Port } from '../model/port-traffic.ts'
import type { Named } from '../model/resource.ts'

const id = z.string().min(1)
const owner = z.object({ project_id: z.string().nullish(), tenant_id: z.string().nullish() })

const port = owner.extend({
  id,
  network_id: id,
  device_id: z.string().nullish(),
  mac_address: z.string().nullish(),
  fixed_ips: z.array(z.object({ subnet_id: id, ip_address: id })).default([]),
})

const subnet = owner.extend({
  id,
  name: z.string().nullish(),
  network_id: id,
  cidr: z.string(),
  allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })).default([]),
})

const network = z.object({ id, name: z.string().nullish() })

export const portsFrom = (body: unknown): Port[] =>
  listed(body, 'ports', port).map((one) => ({
    ...{
      id: one.id,
      network: one.network_id,
      project: projectOf(one),
      device: one.device_id || null,
      mac: one.mac_address || null,
    },
    fixed: one.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet: subnet_id, address: ip_address })),
  }))

export const subnetsFrom = (body: unknown): Subnet[] =>
  listed(body, 'subnets', subnet).map((one) => ({
    ...{ id: one.id, name: one.name || null, network: one.network_id, project: projectOf(one), cidr: one.cidr },
    pools: one.allocation_pools,
  }))

export const networksFrom = (body: unknown): Named[] =>
  listed(body, 'networks', network).map(({ id, name }) => ({ id, name: name || null }))

const projectOf = ({ project_id, tenant_id }: z.output<typeof owner>) => project_id || tenant_id || null

function listed<T extends z.ZodType>(body: unknown, key: string, schema: T): z.output<T>[] {
  const list = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined
  return Array.isArray(list) ? list.flatMap((entry) => schema.safeParse(entry).data ?? []) : []
}
