import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/** The text of a file below test/fixtures, unpacked when it ends in .gz or .br. */
export function fixture(path: string): string {
  const bytes = readFileSync(join(import.meta.dirname, '..', 'fixtures', path))
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString()
  return path.endsWith('.br') ? brotliDecompressSync(bytes).toString() : bytes.toString()
}
