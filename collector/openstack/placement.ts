/**
 * What Placement has and has promised. It has no list of all inventories, but says of each provider when it changed: so a round
 * asks for the list, for all usages at once by way of the allocation candidates, and by itself only for what those do not tell.
 */
import type { CapacityJournal } from '../../model/contract.ts'
import { type ReadProvider, sharingTrait } from '../../model/placement.ts'
import type { Cloud } from '../../openstack/client.ts'
import { candidatesUsage, inventoriesFrom, providersFrom, textsFrom, usagesFrom } from '../../openstack/placement.ts'
import { inParallel } from '../in-parallel.ts'

/** Trees with their providers come with 1.29, whatever is used with 1.27. */
const options = { atLeast: '1.29', role: 'role admin' }
const atOnce = 4

export interface PlacementReader {
  /** Reads and keeps; returns how many providers there are, null where the cloud has no Placement. */
  read(): Promise<number | null>
}

export function placementReader(cloud: Cloud, journal: CapacityJournal): PlacementReader {
  const get = async (path: string, query = {}) => (await cloud.get('placement', path, query, options)).body
  const ofProvider = async (id: string, what: string) => {
    const reply = await cloud.find('placement', `/resource_providers/${encodeURIComponent(id)}/${what}`, {}, options)
    return reply?.body ?? null // gone meanwhile
  }
  let known: ReadonlyMap<string, ReadProvider> | null = null

  async function read(): Promise<number | null> {
    if (!(await cloud.has('placement'))) return null
    known ??= new Map((await journal.reading(cloud.name))?.providers.map((provider) => [provider.id, provider]))
    const { body, date } = await cloud.get('placement', '/resource_providers', {}, options)
    const listed = providersFrom(body)
    const used = candidatesUsage(await get('/allocation_candidates', { resources: 'VCPU:1' }))
    const read: ReadProvider[] = []
    await inParallel(atOnce, listed, async (provider) => {
      const before = known?.get(provider.id)
      const same = before?.generation === provider.generation ? before : null
      const inventories = same?.inventories ?? inventoriesFrom(await ofProvider(provider.id, 'inventories'))
      const traits = same?.traits ?? textsFrom(await ofProvider(provider.id, 'traits'), 'traits').sort()
      // one without room for a single vCPU more is no candidate
      const its =
        used.get(provider.id) ?? (Object.keys(inventories).length > 0 ? usagesFrom(await ofProvider(provider.id, 'usages')) : {})
      const filled = Object.entries(inventories).map(([key, inventory]) => [key, { ...inventory, used: its[key] ?? 0 }])
      read.push({ ...provider, inventories: Object.fromEntries(filled), traits, pools: [] })
    })
    const providers = withPools(read, await poolsOf(read))
    await journal.put({ cloud: cloud.name, readAt: date, providers })
    known = new Map(providers.map((provider) => [provider.id, provider]))
    return providers.length
  }

  /** Which providers are in an aggregate with one that shares what it has: provider → sharing ones. */
  async function poolsOf(providers: readonly ReadProvider[]): Promise<Map<string, string[]>> {
    const pools = new Map<string, string[]>()
    for (const { id } of providers.filter(({ traits }) => traits.includes(sharingTrait))) {
      const aggregates = textsFrom(await ofProvider(id, 'aggregates'), 'aggregates')
      if (aggregates.length === 0) continue
      const members = providersFrom(await get('/resource_providers', { member_of: `in:${aggregates.join(',')}` }))
      for (const member of members) if (member.id !== id) pools.set(member.id, [...(pools.get(member.id) ?? []), id])
    }
    return pools
  }

  return { read }
}

const withPools = (providers: readonly ReadProvider[], pools: ReadonlyMap<string, string[]>): ReadProvider[] =>
  providers
    .map((provider) => ({ ...provider, pools: (pools.get(provider.id) ?? []).sort() }))
    .sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
