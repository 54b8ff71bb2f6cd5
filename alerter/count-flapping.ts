/** Counts a state for flapping, and tells its beginning and end. Pure. */
import { flap } from '../model/flapping.ts'
import type { Tracked } from '../model/tracked-check.ts'
import type { AlertRule, Reaching, StageContext, Telling } from './alert.ts'
import { tell } from './tell.ts'

export type FlappingTurn = 'start' | 'stop' | 'disabled' | null

export interface FlappingNews<R> {
  check: Tracked
  tellings: readonly Telling<R>[]
  turn: FlappingTurn
}

/** `record` false only counts anew. */
export function countFlapping<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  record: boolean,
): FlappingNews<R> {
  if (!rule.flapping) return { check, tellings: [], turn: null }
  const detect = rule.flapping.detect !== false && check.flapping.off !== true
  const flapped = flap(check.flapping, check.state.state, { ...rule.flapping, detect }, record)
  const counted = { ...check, flapping: flapped }
  if (flapped.flapping === check.flapping.flapping) return { check: counted, tellings: [], turn: null }
  return flapped.flapping ? begins(counted, rule, around, reaching) : ends(counted, rule, around, reaching, 'stop')
}

function begins<R>(check: Tracked, rule: AlertRule, around: StageContext, reaching: Reaching<R>): FlappingNews<R> {
  const recoveryOwed = check.state.state !== 'ok' && check.told.number > 0
  const turned: Tracked = { ...check, flapping: { ...check.flapping, recoveryOwed } }
  const { told, telling } = tell({ kind: 'flapping-start', check: turned, rule }, around, reaching)
  return { check: { ...turned, told }, tellings: telling ? [telling] : [], turn: 'start' }
}

/** A problem that had been told when it began to flap, and is over when it stops: that is said too. */
export function ends<R>(
  check: Tracked,
  rule: AlertRule,
  around: StageContext,
  reaching: Reaching<R>,
  turn: 'stop' | 'disabled',
): FlappingNews<R> {
  const quiet: Tracked = { ...check, flapping: { ...check.flapping, flapping: false, recoveryOwed: false } }
  const news = tell({ kind: `flapping-${turn}`, check: quiet, rule }, around, reaching)
  const turned = { ...quiet, told: news.told }
  const said = news.telling ? [news.telling] : []
  if (!check.flapping.recoveryOwed || check.state.state !== 'ok') return { check: turned, tellings: said, turn }
  const { told, telling } = tell({ kind: 'recovery', check: turned, rule }, around, reaching)
  return { check: { ...turned, told }, tellings: telling ? [...said, telling] : said, turn }
}
