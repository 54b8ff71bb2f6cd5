/** Parts of the physical machine: storage pools, NUMA cells, huge pages. Slow to change, so they are read once a minute. */
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'
import { inParallel } from '../in-parallel.ts'
import { type NumaCell, parseNumaCells } from './capabilities-xml.ts'
import type { LibvirtClient } from './client.ts'
import { capabilities, cellMemoryStats, freePages, listStoragePools, storagePoolInfo } from './host-procedures.ts'
import { LibvirtError, libvirtCodes } from './procedures.ts'

const everyMs = 60_000
/** The page size of x86 and ARM in ordinary use: such pages are not huge. */
const usualPageKib = 4
const running = 2

export class HostParts {
  readonly #client: LibvirtClient
  readonly #host: string
  readonly #clock: Clock
  #readAt = Number.NEGATIVE_INFINITY
  /** What this daemon or driver does not do is not asked again. */
  readonly #refused = new Set<string>()
  #memoryFigures: number | null = null
  #capabilities: { xml: string; cells: readonly NumaCell[] } = { xml: '', cells: [] }

  constructor(client: LibvirtClient, host: string, clock: Clock) {
    this.#client = client
    this.#host = host
    this.#clock = clock
  }

  /** What is due now; nothing of what the daemon refuses. */
  async read(): Promise<Sample[]> {
    const now = this.#clock.monotonic()
    if (now - this.#readAt < everyMs) return []
    this.#readAt = now
    const [pools, cells] = await Promise.all([
      this.#unlessRefused('pools', () => this.#pools()),
      this.#unlessRefused('cells', () => this.#cells()),
    ])
    return [...pools, ...cells]
  }

  async #unlessRefused(what: string, read: () => Promise<Sample[]>): Promise<Sample[]> {
    if (this.#refused.has(what)) return []
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof AppError) || this.#client.closed) throw error
      // A daemon that is not up yet (virtstoraged) may be later; a driver without the call never will.
      if (error instanceof LibvirtError && error.libvirtCode === libvirtCodes.unsupported) this.#refused.add(what)
      return []
    }
  }

  async #pools(): Promise<Sample[]> {
    const samples: Sample[] = []
    await inParallel(3, await this.#client.call(listStoragePools, undefined), async (pool) => {
      try {
        const info = await this.#client.call(storagePoolInfo, pool)
        samples.push(
          this.#sample(
            'storage_pool',
            { pool: pool.name },
            {
              active: info.state === running ? 1 : 0,
              ...(info.state === running && {
                ...given('capacity_bytes', info.capacity),
                ...given('allocated_bytes', info.allocation),
                ...given('available_bytes', info.available),
              }),
            },
          ),
        )
      } catch (error) {
        if (!(error instanceof LibvirtError)) throw error // gone since it was listed
      }
    })
    return samples
  }

  /** Capabilities are read anew each time: huge pages are set up and taken away while a host runs. */
  async #cells(): Promise<Sample[]> {
    const xml = await this.#client.call(capabilities, undefined)
    if (xml !== this.#capabilities.xml) this.#capabilities = { xml, cells: parseNumaCells(xml) }
    const { cells } = this.#capabilities
    const samples: Sample[] = []
    for (const cell of cells) {
      const free = await this.#freeMemory(cell)
      const tags = { cell: String(cell.id) }
      const total = cell.memoryKib === null ? null : cell.memoryKib * 1024
      samples.push(
        this.#sample('numa_cell', tags, {
          cpus: cell.cpus,
          ...given('memory_total_bytes', total),
          ...given('memory_free_bytes', free),
        }),
      )
      const huge = cell.pages.filter(({ sizeKib, total }) => sizeKib > usualPageKib && total > 0)
      if (huge.length === 0) continue
      const left = await this.#client.call(freePages, { sizesKib: huge.map(({ sizeKib }) => sizeKib), cell: cell.id })
      for (const [i, { sizeKib, total }] of huge.entries())
        samples.push(this.#sample('huge_pages', { ...tags, size: `${sizeKib}KiB` }, { total, ...given('free', left[i] ?? null) }))
    }
    return samples
  }

  /** Bytes; null where the driver does not tell. */
  async #freeMemory({ id }: NumaCell): Promise<number | null> {
    try {
      this.#memoryFigures ??= (await this.#client.call(cellMemoryStats, { count: 0, cell: id })).count
      const { stats } = await this.#client.call(cellMemoryStats, { count: this.#memoryFigures, cell: id })
      const kib = stats.get('free')
      return kib === undefined ? null : kib * 1024
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error
      this.#memoryFigures = null
      return null
    }
  }

  #sample(measurement: string, tags: Record<string, string>, fields: Record<string, number>): Sample {
    return { measurement, tags: { host: this.#host, ...tags }, fields, time: this.#clock.now() }
  }
}

const given = (field: string, value: number | null) => (value === null ? {} : { [field]: value })
