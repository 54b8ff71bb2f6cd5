import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Removed when the process ends: whatever a suite started in them has been stopped by then. */
const made: string[] = []
process.once('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
})

/** A fresh directory, made when first asked for. */
export function temporaryDirectory(): () => string {
  let path: string | null = null
  return () => {
    if (path === null) {
      path = mkdtempSync(join(tmpdir(), 'specola-test-'))
      made.push(path)
    }
    return path
  }
}
