import { AppError, type Logger } from '../../model/contract.ts'
import { inParallel } from '../in-parallel.ts'
import type { LibvirtClient } from './client.ts'
import { parseDomainXml } from './domain-xml.ts'
import type { HypervisorMemory, RememberedDomain } from './hypervisor-memory.ts'
import { domainXml } from './procedures.ts'
import type { DomainStats } from './stats.ts'

/**
 * Reads the XML of the domains that are new, began another life, have other interfaces than last time, or whose metadata
 * changed. Needs no QEMU. Answers with the domains read anew.
 */
export async function readXml(
  client: LibvirtClient,
  memory: HypervisorMemory,
  listed: readonly DomainStats[],
  logger: Logger,
): Promise<RememberedDomain[]> {
  const stale = listed.flatMap((stats) => {
    const known = memory.domains.get(stats.domain.uuid)
    const key = factsKey(stats)
    return known && known.factsFor !== key ? [{ known, key }] : []
  })
  await inParallel(3, stale, async ({ known, key }) => {
    known.factsFor = key // before the answer: what changes while it is under way asks again
    try {
      known.facts = parseDomainXml(await client.call(domainXml, known.ref))
    } catch (error) {
      if (!(error instanceof AppError) || client.closed) throw error
      if (error.code === 'not-found') return // gone since it was listed
      logger.warn(`the XML of ${known.ref.name} is not usable: ${error.message}`, { instance: known.ref.uuid })
    }
  })
  return stale.map(({ known }) => known)
}

/** Changes when the XML may have. */
const factsKey = ({ domain, nics }: DomainStats): string =>
  [domain.name, domain.id, ...nics.map(({ device }) => device)].join('\n')
