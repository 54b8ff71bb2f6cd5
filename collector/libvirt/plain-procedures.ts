/** The calls about one domain, for drivers without bulk statistics. */
import { type DomainRef, type Procedure, writeDomain } from './procedures.ts'
import type { XdrWriter } from './xdr.ts'

const about = (to: XdrWriter, domain: DomainRef) => writeDomain(to, domain)

/** state, reason: as in the bulk call. */
export const domainState: Procedure<DomainRef, { state: number; reason: number }> = {
  name: 'DOMAIN_GET_STATE',
  number: 212,
  encode(to, domain) {
    about(to, domain)
    to.uint(0)
  },
  decode: (from) => ({ state: from.int(), reason: from.int() }),
}

/** Its chars and shorts take four bytes each, as all of XDR's do. */
export const domainInfo: Procedure<DomainRef, { memoryKib: number; vcpus: number; cpuNs: number | null }> = {
  name: 'DOMAIN_GET_INFO',
  number: 16,
  encode: about,
  decode(from) {
    from.skip(4) // state, once more
    from.uhyper() // the most memory it may have
    const memoryKib = from.uhyper() ?? 0
    return { memoryKib, vcpus: from.int(), cpuNs: from.uhyper() }
  },
}

/** virDomainMemoryStatTags → names of the bulk call's balloon group. */
const memoryTags: Readonly<Record<number, string>> = {
  0: 'swap_in',
  1: 'swap_out',
  2: 'major_fault',
  3: 'minor_fault',
  4: 'unused',
  5: 'available',
  6: 'current',
  7: 'rss',
  8: 'usable',
  9: 'last-update',
}

const maxMemoryStats = 1024

export const memoryStats: Procedure<DomainRef, Map<string, number | null>> = {
  name: 'DOMAIN_MEMORY_STATS',
  number: 159,
  encode(to, domain) {
    about(to, domain)
    to.uint(Object.keys(memoryTags).length).uint(0)
  },
  decode(from) {
    const entries = from.list(12, maxMemoryStats, () => [memoryTags[from.int()], from.uhyper()] as const)
    return new Map(entries.flatMap(([name, value]) => (name === undefined ? [] : [[name, value]])))
  },
}

const interfaceCounters = ['rx.bytes', 'rx.pkts', 'rx.errs', 'rx.drop', 'tx.bytes', 'tx.pkts', 'tx.errs', 'tx.drop']

/** -1 = not told. */
export const interfaceStats: Procedure<{ domain: DomainRef; device: string }, Map<string, number | null>> = {
  name: 'DOMAIN_INTERFACE_STATS',
  number: 65,
  encode(to, { domain, device }) {
    about(to, domain)
    to.string(device)
  },
  decode: (from) =>
    new Map(
      interfaceCounters.map((name) => {
        const value = from.hyper()
        return [name, value < 0 ? null : value]
      }),
    ),
}
