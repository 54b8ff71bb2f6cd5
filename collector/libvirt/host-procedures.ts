/** Calls about the physical machine: its storage pools, NUMA cells and memory pages. */
import type { NodeStatsReply, Procedure } from './procedures.ts'
import { nodeMemoryStats } from './procedures.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

export interface PoolRef {
  name: string
  uuid: string
}

/** Bytes; `state` 0 inactive, 1 building, 2 running, 3 degraded, 4 inaccessible. */
export interface PoolInfo {
  state: number
  capacity: number | null
  allocation: number | null
  available: number | null
}

const maxPools = 4096
const maxCounts = 4096

const readPool = (from: XdrReader): PoolRef => ({ name: from.string(), uuid: from.uuid() })
const writePool = (to: XdrWriter, pool: PoolRef) => to.string(pool.name).uuid(pool.uuid)

/** Active and inactive ones. */
export const listStoragePools: Procedure<void, PoolRef[]> = {
  name: 'CONNECT_LIST_ALL_STORAGE_POOLS',
  number: 281,
  encode: (to) => to.int(1).uint(0),
  decode(from) {
    const pools = from.list(20, maxPools, () => readPool(from))
    from.uint() // the count once more
    return pools
  },
}

/** What the daemon last saw: it looks again only when somebody refreshes the pool. */
export const storagePoolInfo: Procedure<PoolRef, PoolInfo> = {
  name: 'STORAGE_POOL_GET_INFO',
  number: 87,
  encode: (to, pool) => void writePool(to, pool),
  decode: (from) => ({ state: from.uint(), capacity: from.uhyper(), allocation: from.uhyper(), available: from.uhyper() }),
}

/** XML: what the host is made of. */
export const capabilities: Procedure<void, string> = {
  name: 'CONNECT_GET_CAPABILITIES',
  number: 7,
  encode: () => undefined,
  decode: (from) => from.string(),
}

/** Memory of one NUMA cell; like `nodeMemoryStats`, it must be told how many figures there are. */
export const cellMemoryStats: Procedure<{ count: number; cell: number }, NodeStatsReply> = {
  name: nodeMemoryStats.name,
  number: nodeMemoryStats.number,
  encode: (to, { count, cell }) => to.int(count).int(cell).uint(0),
  decode: nodeMemoryStats.decode,
}

/** Free pages of each size (KiB) in one cell, in the order of the sizes. */
export const freePages: Procedure<{ sizesKib: readonly number[]; cell: number }, (number | null)[]> = {
  name: 'NODE_GET_FREE_PAGES',
  number: 340,
  encode: (to, { sizesKib, cell }) =>
    to
      .list(sizesKib, (size) => to.uint(size))
      .int(cell)
      .uint(1)
      .uint(0),
  decode: (from) => from.list(8, maxCounts, () => from.uhyper()),
}
