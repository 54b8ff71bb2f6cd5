import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors')

/**
 * Cases stated by other projects' own test suites. They are not ours to copy, so they are read from `../shared` beside the
 * checkout. Where that is missing the tests are skipped with the reason; in CI nothing may be skipped, so there they fail.
 * Call inside `describe`; the result is valid inside `it`.
 */
export function sharedVectors<T>(path: string): () => T {
  const file = join(root, path)
  before(function () {
    if (existsSync(file)) return
    const reason = `SKIPPED: ../shared/vectors/${path} is not beside this checkout`
    if (process.env.CI) throw new Error(reason)
    console.log(`      ${reason}`)
    this.skip()
  })
  return () => JSON.parse(readFileSync(file, 'utf8')) as T
}
