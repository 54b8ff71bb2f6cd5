import { open } from 'node:fs/promises'

/** DuckDB 1.5 begins its log with these bytes of a version record, 8 in all; every entry is length, checksum, content. */
const firstBytes = Buffer.from([0x64, 0x00, 0x62])
const fileHeaderBytes = 8
const entryHeaderBytes = 16

/**
 * How many bytes at the end of a DuckDB log belong to no complete entry: DuckDB passes over them in silence, be it the one
 * commit that was being written at the crash or, after damage to a length, everything behind it. For telling only.
 */
export async function unreadTail(file: string): Promise<number> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const header = Buffer.alloc(entryHeaderBytes)
    await handle.read(header, 0, firstBytes.length, 0)
    if (!header.subarray(0, firstBytes.length).equals(firstBytes)) return size
    let position = fileHeaderBytes
    while (position + entryHeaderBytes <= size) {
      await handle.read(header, 0, entryHeaderBytes, position)
      const next = position + entryHeaderBytes + Number(header.readBigUInt64LE(0))
      if (next > size) break
      position = next
    }
    return Math.max(0, size - position)
  } finally {
    await handle.close()
  }
}
