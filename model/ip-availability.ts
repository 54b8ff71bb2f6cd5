/** How many addresses a subnet still has. Pure: Neutron's subnets and ports go in. */
import type { Port } from './port-traffic.ts'

export interface Subnet {
  id: string
  name: string | null
  network: string
  project: string | null
  cidr: string
  pools: readonly { start: string; end: string }[]
}

export interface Availability {
  subnet: string
  /** Addresses of the allocation pools; exact up to 2^53, an IPv6 pool is larger than anybody counts. */
  total: number
  /** Addresses of ports, as Neutron's own `used_ips` counts them: those outside of the pools too. */
  used: number
  /** Of the pools, what no port has. */
  free: number
}

export function ipAvailability(subnets: readonly Subnet[], ports: readonly Port[]): Availability[] {
  const used = new Map<string, Set<string>>()
  for (const { fixed } of ports)
    for (const { subnet, address } of fixed) {
      const there = used.get(subnet)
      if (there) there.add(address)
      else used.set(subnet, new Set([address]))
    }
  return subnets.map(({ id, pools }) => {
    const ranges = pools.flatMap(({ start, end }) => {
      const [from, to] = [numberOf(start), numberOf(end)]
      return from !== null && to !== null && to >= from ? [{ from, to }] : []
    })
    const total = ranges.reduce((sum, { from, to }) => sum + (to - from + 1n), 0n)
    const taken = used.get(id) ?? new Set()
    const within = [...taken].filter((address) => {
      const value = numberOf(address)
      return value !== null && ranges.some(({ from, to }) => value >= from && value <= to)
    }).length
    return { subnet: id, total: Number(total), used: taken.size, free: Number(total - BigInt(within)) }
  })
}

/** An IPv4 or IPv6 address as one number; null for anything else. */
export function numberOf(address: string): bigint | null {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)
  if (four) {
    const parts = four.slice(1).map(Number)
    return parts.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) : null
  }
  const halves = address.split('::')
  if (!/^[0-9a-f:]+$/i.test(address) || halves.length > 2) return null
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = [...(head ?? []), ...(tail ?? [])]
  if (given.some((part) => !/^[0-9a-f]{1,4}$/i.test(part))) return null
  const missing = 8 - given.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const parts = [...(head ?? []), ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...(tail ?? [])]
  return parts.reduce((sum, part) => sum * 65536n + BigInt(Number.parseInt(part, 16)), 0n)
}
