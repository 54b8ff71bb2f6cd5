import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh directory, removed when the test or suite that asked for it is over. Call inside `describe`. */
export function temporaryDirectory(): () => string {
  let path: string | null = null
  const get = () => {
    path ??= mkdtempSync(join(tmpdir(), 'specola-test-'))
    return path
  }
  after(() => {
    if (path) rmSync(path, { recursive: true, force: true })
    path = null
  })
  return get
}
