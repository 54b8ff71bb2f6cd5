import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { needsFile } from './needs.ts'

/**
 * A place in `../shared/vectors` beside the checkout: cases of other projects, which are not ours to copy. Call inside
 * `describe`; what is there may be read inside `it`.
 */
export function sharedPath(path: string): string {
  const place = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors', path)
  needsFile(place, `../shared/vectors/${path} is not beside this checkout`)
  return place
}

/** The JSON of one of those files. */
export function sharedVectors<T>(path: string): () => T {
  const file = sharedPath(path)
  return () => JSON.parse(readFileSync(file, 'utf8')) as T
}
