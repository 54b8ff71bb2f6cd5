/** Moves a chain of escalation on: the next are told, unless somebody has the problem or something holds it. */
import type { RunningChain } from '../model/tracked-check.ts'
import { afterStep, dueStep, hasMore, pauseChain, resumeChain } from './chain.ts'
import { type Collected, suppressed } from './judge.ts'
import type { Entry } from './registry.ts'
import type { Around } from './surroundings.ts'
import { put, tellOnly } from './tell-only.ts'

/** `noted`: per check what a step was last held by, so that one reason is kept once. */
export function keepChain(around: Around, entry: Entry, noted: Map<string, string>, now: number, batch: Collected): void {
  const chain = entry.stored.told.chain
  if (!chain || !hasMore(chain)) return
  const { acknowledgement } = entry.stored
  if (acknowledgement) {
    if (chain.paused !== null) return
    note(entry, 'acknowledged', `chain "${chain.name}" waits: acknowledged by ${acknowledgement.author}`, now, batch)
    putChain(entry, pauseChain(chain, now), batch)
    return
  }
  if (chain.paused !== null) putChain(entry, resumeChain(chain, now), batch)
  // each turn moves one step on, so this ends
  while (takeStep(around, entry, noted, now, batch));
}

/** False when there is no step to take now. */
function takeStep(around: Around, entry: Entry, noted: Map<string, string>, now: number, batch: Collected): boolean {
  const chain = entry.stored.told.chain as RunningChain
  const index = dueStep(chain, now)
  const step = index === null ? undefined : chain.steps[index]
  if (index === null || !step) return false
  const { id } = entry.stored
  const escalation = { chain: chain.name, step: index + 1, steps: chain.steps.length }
  const { reached, hold, silent } = tellOnly(
    around,
    entry,
    { kind: 'problem', names: step.who, again: true, escalation },
    now,
    batch,
  )
  const title = `step ${index + 1} of chain "${chain.name}"`
  if (hold) {
    if (noted.get(id) !== hold.stage) note(entry, hold.stage, `${title} waits: ${hold.reason}`, now, batch)
    noted.set(id, hold.stage)
    return false
  }
  const lateMs = noted.delete(id) ? Math.max(0, now - step.at) : 0
  batch.held.push(...silent.map((one) => suppressed(entry.stored, { ...one, kind: 'problem' }, now)))
  if (reached.length === 0)
    note(entry, 'nobody', `${title} reached nobody (${step.names.join(', ')}): the next is told`, now, batch)
  putChain(entry, afterStep(chain, index, reached.length > 0, now, lateMs), batch)
  return true
}

const putChain = (entry: Entry, chain: RunningChain, batch: Collected): void =>
  put(entry, batch, { ...entry.stored, told: { ...entry.stored.told, chain } })

const note = (entry: Entry, filter: string, reason: string, now: number, batch: Collected): void =>
  void batch.held.push(suppressed(entry.stored, { kind: 'problem', contact: '', reason, filter }, now))
