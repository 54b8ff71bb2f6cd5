import { existsSync } from 'node:fs'

/**
 * Says which program a suite runs against. Where it is missing, the suite's tests are skipped with the reason; in CI
 * nothing may be skipped, so there they fail. Call inside `describe`.
 */
export function needs(program: string, debianPackage: string): void {
  before(function () {
    if (existsSync(program)) return
    const reason = `SKIPPED: ${program} is not installed (Debian package ${debianPackage})`
    if (process.env.CI) throw new Error(reason)
    console.log(`      ${reason}`)
    this.skip()
  })
}
