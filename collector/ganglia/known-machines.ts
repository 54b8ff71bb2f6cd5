/** Whom machines of Ganglia can be matched with: what the inventory knows, read anew from time to time. */
import { everything } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Inventory } from '../../model/contract.ts'
import { type KnownInstance, type Matcher, matcher } from './match.ts'
import type { GangliaSource } from './section.ts'

/** What machines may be found to be. */
export type MayBe = GangliaSource['machines']

/** How old the inventory may be: little at first, as it fills after a start. */
const knownForMs = { first: 5000, most: 60_000 }
const inventoryPage = 1000

/** Answers with the same matcher as long as what is known is fresh enough. `inventory` null: nobody is known. */
export function knownMachines(
  inventory: Pick<Inventory, 'instances' | 'hypervisors'> | null,
  clock: Pick<Clock, 'monotonic'>,
): (mayBe: MayBe) => Promise<Matcher> {
  let matchers = new Map<string, Promise<Matcher>>()
  let readAt = Number.NEGATIVE_INFINITY
  let forMs = knownForMs.first / 2

  async function read(mayBe: MayBe): Promise<Matcher> {
    const hypervisors = inventory && mayBe.includes('hypervisors') ? await inventory.hypervisors(everything) : []
    const instances = inventory && mayBe.includes('instances') ? await knownInstances(inventory) : []
    return matcher({ hypervisors: hypervisors.map(({ host }) => host), instances })
  }

  return (mayBe) => {
    const now = clock.monotonic()
    if (now - readAt >= forMs) {
      matchers = new Map()
      readAt = now
      forMs = Math.min(knownForMs.most, forMs * 2)
    }
    const key = [...mayBe].sort().join()
    const reading = matchers
    const known = reading.get(key) ?? read(mayBe)
    reading.set(key, known)
    known.catch(() => reading.delete(key)) // asked again by the next
    return known
  }
}

async function knownInstances(inventory: Pick<Inventory, 'instances'>): Promise<KnownInstance[]> {
  const known: KnownInstance[] = []
  for (let offset = 0; ; offset += inventoryPage) {
    const { rows, total } = await inventory.instances(everything, { sort: 'created', limit: inventoryPage, offset })
    for (const { id, name, project, addresses } of rows)
      known.push({ id, name, project, addresses: addresses.map(({ address }) => address) })
    if (rows.length === 0 || offset + rows.length >= total) return known
  }
}
