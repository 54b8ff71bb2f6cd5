/** Downtimes begin and end, acknowledgements run out: what time alone does. */
import { afterExpiry } from './acknowledgement-ends.ts'
import { dueTurns, takeTurns } from './downtime-turns.ts'
import { emptyBatch } from './judge.ts'
import { keepPeople } from './keep-people.ts'
import { owns, type Running } from './running.ts'

export async function keepTime(running: Running, now: number): Promise<void> {
  const { deps, around, commits } = running
  if (commits.stalled) return
  const batch = emptyBatch()
  takeTurns(around, dueTurns(around, now, deps.cluster !== undefined), now, batch)
  for (const entry of around.registry.entries.values()) {
    const ended = afterExpiry(entry, now)
    if (!ended || !owns(running, entry.target)) continue
    entry.stored = ended
    batch.checks.push(ended)
    const { id, project, state } = ended
    deps.live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })
  }
  keepPeople(around, now, batch, (entry) => owns(running, entry.target))
  await commits.commit(batch)
}
