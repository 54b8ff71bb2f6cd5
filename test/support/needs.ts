import { existsSync } from 'node:fs'

/** Says which program a suite runs against. Call inside `describe`. */
export function needs(program: string, debianPackage: string): void {
  needsFile(program, `${program} is not installed (Debian package ${debianPackage})`)
}

/**
 * Where a file is missing that a suite cannot do without, its tests are skipped with the reason; in CI nothing may be skipped,
 * so there they fail. Call inside `describe`.
 */
export function needsFile(path: string, otherwise: string): void {
  before(function () {
    if (existsSync(path)) return
    const reason = `SKIPPED: ${otherwise}`
    if (process.env.CI) throw new Error(reason)
    console.log(`      ${reason}`)
    this.skip()
  })
}
