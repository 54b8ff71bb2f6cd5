/** Which hypervisor or instance a machine of Ganglia is. Pure: the inventory goes in, an answer comes out. */

export interface KnownInstance {
  id: string
  name: string | null
  project: string | null
  addresses: readonly string[]
}

export interface KnownMachines {
  hypervisors: readonly string[]
  instances: readonly KnownInstance[]
}

/** Neither: not known, or told by several (then nobody's, rather than the wrong one's). */
export interface Match {
  hypervisor: string | null
  instance: { id: string; project: string | null } | null
}

export type Matcher = (machine: { name: string; address: string | null }) => Match

const nobody: Match = { hypervisor: null, instance: null }

/**
 * An address is stronger than a name: whoever runs a gmond chooses the name it goes by. Projects may use the same addresses and
 * the same names, so either must lead to one instance only; where both lead somewhere, to the same one. A machine with an
 * instance's address is never taken for a hypervisor.
 */
export function matcher({ hypervisors, instances }: KnownMachines): Matcher {
  const byAddress = new Map<string, KnownInstance[]>()
  const byName = new Map<string, KnownInstance[]>()
  const put = (index: Map<string, KnownInstance[]>, key: string, instance: KnownInstance) => {
    const there = index.get(key)
    if (there) there.push(instance)
    else index.set(key, [instance])
  }
  for (const instance of instances) {
    for (const address of new Set(instance.addresses)) put(byAddress, address.toLowerCase(), instance)
    if (instance.name) put(byName, instance.name.toLowerCase(), instance)
    put(byName, instance.id.toLowerCase(), instance)
  }
  const hosts = new Map<string, string | null>()
  for (const host of hypervisors) {
    hosts.set(host.toLowerCase(), host)
    const short = labelOf(host)
    // Two hosts of one first label in different domains: only the whole name tells them apart.
    if (short !== host.toLowerCase()) hosts.set(short, hosts.has(short) ? null : host)
  }

  return ({ name, address }) => {
    const here = address === null ? [] : (byAddress.get(address.toLowerCase()) ?? [])
    const named = byName.get(name.toLowerCase()) ?? byName.get(labelOf(name)) ?? []
    if (here.length > 0) {
      const both = here.filter((instance) => named.includes(instance))
      const [one, ...more] = both.length > 0 ? both : here
      return one && more.length === 0 ? { hypervisor: null, instance: { id: one.id, project: one.project } } : nobody
    }
    const hypervisor = hosts.get(name.toLowerCase()) ?? hosts.get(labelOf(name)) ?? null
    if (hypervisor !== null) return { hypervisor, instance: null }
    const [one, ...more] = named
    return one && more.length === 0 ? { hypervisor: null, instance: { id: one.id, project: one.project } } : nobody
  }
}

/** The first part of a host name; an address has no parts. */
const labelOf = (name: string) => (/^[\d.]+$|:/.test(name) ? name.toLowerCase() : (name.toLowerCase().split('.')[0] as string))
