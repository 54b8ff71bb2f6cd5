/** This engine as a member of a cluster: what it hears of the others becomes part of what it knows. */
import type { ClusterMember } from '../model/alert-cluster.ts'
import { slotOf } from '../model/slot.ts'
import type { StoredCheck } from '../model/tracked-check.ts'
import { carryOut } from './carry-out.ts'
import { owns, type Running } from './running.ts'

export function clusterMember(running: Running): ClusterMember {
  const { config, deps, around, commits } = running
  const { registry, downtimes, people } = around
  const carrying = { ...deps, config, around: () => around, commit: commits.commit.bind(commits) }
  return {
    known: () => registry.entries.size,

    reload(slots, checks) {
      registry.reload((target) => slots.has(slotOf(target)), checks, deps.clock.now())
    },

    follow(checks) {
      for (const check of checks) {
        const entry = registry.entries.get(check.id)
        if (!entry || owns(running, entry.target)) continue
        const before = entry.stored
        entry.stored = check
        if (differs(before, check)) {
          const { id, project, state } = check
          deps.live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })
        }
      }
    },

    downtimes: (open) => downtimes.replace(open),

    people: () => people.refresh(),

    async obey(id, order) {
      if (!commits.stalled) await carryOut(carrying, registry.entries.get(order.check) ?? null, order, id)
    },
  }
}

/** Pages would show something else. */
const differs = (a: StoredCheck, b: StoredCheck) =>
  a.state.state !== b.state.state ||
  a.state.hard !== b.state.hard ||
  a.acknowledgement?.time !== b.acknowledgement?.time ||
  a.flapping.flapping !== b.flapping.flapping
