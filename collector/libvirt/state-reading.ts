/** What a hypervisor tells of all its domains without asking any QEMU: one call where the driver has it, else domain by domain. */
import { AppError } from '../../model/contract.ts'
import { inParallel } from '../in-parallel.ts'
import type { LibvirtClient } from './client.ts'
import type { HypervisorMemory } from './hypervisor-memory.ts'
import { domainInfo, domainState, interfaceStats, memoryStats } from './plain-procedures.ts'
import {
  type DomainRef,
  LibvirtError,
  libvirtCodes,
  listAllDomains,
  type ParamValue,
  type Procedure,
  statsFlags,
  statsGroups,
} from './procedures.ts'
import { bulkStats, type DomainStats, domainStats } from './stats.ts'

const callsAtOnce = 3

/** Of one connection. */
export class StateReader {
  readonly #client: LibvirtClient
  readonly #memory: HypervisorMemory
  #bulk = true

  constructor(client: LibvirtClient, memory: HypervisorMemory) {
    this.#client = client
    this.#memory = memory
  }

  /** False: what was read is all there is (LXC, Xen). */
  get bulk(): boolean {
    return this.#bulk
  }

  /** An empty list asks for all domains; else at least those asked for that exist. */
  async read(domains: readonly DomainRef[]): Promise<DomainStats[]> {
    if (!this.#bulk) return this.#oneByOne(domains)
    const query = { domains, groups: statsGroups.state | statsGroups.interface, flags: statsFlags.nowait }
    try {
      return await this.#client.call(bulkStats, query)
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error
      if (error.libvirtCode === libvirtCodes.unsupported) {
        this.#bulk = false
        return this.#oneByOne(domains)
      }
      if (domains.length === 0) throw error
      // Some drivers refuse the whole list when one domain of it has just vanished.
      return await this.#client.call(bulkStats, { ...query, domains: [] })
    }
  }

  async #oneByOne(asked: readonly DomainRef[]): Promise<DomainStats[]> {
    const domains = await this.#client.call(listAllDomains, undefined)
    const wanted = new Set(asked.map(({ uuid }) => uuid))
    const read: DomainStats[] = []
    await inParallel(callsAtOnce, domains, async (domain) => {
      if (wanted.size > 0 && !wanted.has(domain.uuid)) return
      const params = await this.#params(domain)
      if (params) read.push(domainStats({ domain, params }))
    })
    return read
  }

  /** Under the names of the bulk call. null: gone since it was listed. */
  async #params(domain: DomainRef): Promise<Map<string, ParamValue> | null> {
    const state = await this.#optional(domainState, domain)
    if (state === null) return null
    const params = new Map<string, ParamValue>([
      ['state.state', state.state],
      ['state.reason', state.reason],
    ])
    const info = domain.id < 0 ? null : await this.#optional(domainInfo, domain)
    if (info === null) return params
    params.set('cpu.time', info.cpuNs).set('vcpu.current', info.vcpus).set('balloon.current', info.memoryKib)
    for (const [name, kib] of (await this.#optional(memoryStats, domain)) ?? []) params.set(`balloon.${name}`, kib)
    const devices = this.#memory.domains.get(domain.uuid)?.facts?.nics.flatMap(({ device }) => device ?? []) ?? []
    for (const [i, device] of devices.entries()) {
      params.set(`net.${i}.name`, device)
      for (const [name, value] of (await this.#optional(interfaceStats, { domain, device })) ?? [])
        params.set(`net.${i}.${name}`, value)
    }
    return params
  }

  /** null where this driver has no such call, or the domain is gone. */
  async #optional<A, R>(procedure: Procedure<A, R>, args: A): Promise<R | null> {
    try {
      return await this.#client.call(procedure, args)
    } catch (error) {
      if (!(error instanceof AppError) || !(error instanceof LibvirtError)) throw error
      return null
    }
  }
}
