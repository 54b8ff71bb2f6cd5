/** What the running Specola last said of a check: its journal can be read beside it, its samples cannot. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckResult } from '../model/check.ts'
import { AppError, type TargetKind } from '../model/contract.ts'
import { alertJournal } from '../store/journal/alerts.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'

export interface StoredQuestion {
  directory: string
  rule: string
  kind: TargetKind
  /** Id or name. */
  target: string
  now: number
  /** An older result counts for nothing, ms. */
  maxAgeMs: number
}

/** AppError('not-found') where there is no such check. */
export async function storedCheck({ directory, rule, kind, target, now, maxAgeMs }: StoredQuestion): Promise<CheckResult> {
  if (!existsSync(join(directory, 'journal.sqlite'))) throw new AppError('not-found', `${directory}: no journal here`)
  const db = openDatabaseReadOnly(directory)
  try {
    const known = (await alertJournal(db).stored()).filter((one) => one.rule === rule && one.target.kind === kind)
    const found = known.find((one) => one.target.id === target) ?? known.find((one) => one.targetName === target)
    if (!found) throw new AppError('not-found', `the rule "${rule}" has no check of the ${kind} "${target}"`)
    const { state, perfdata, longOutput } = found
    if (state.lastCheck === null) return { state: 'nodata', output: 'it was never checked', perfdata: [] }
    const age = Math.round((now - state.lastCheck) / 1000)
    if (now - state.lastCheck > maxAgeMs)
      return { state: 'nodata', output: `its last result is ${age} s old: ${state.state}, ${state.output}`, perfdata: [] }
    return { state: state.state, output: state.output, ...(longOutput === null ? {} : { longOutput }), perfdata }
  } finally {
    db.close()
  }
}
