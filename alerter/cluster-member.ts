/** This engine as a member of a cluster: what it hears of the others becomes part of what it knows. */
import type { ClusterMember } from '../model/alert-cluster.ts'
import type { StoredCheck } from '../model/tracked-check.ts'
import { carryOut } from './carry-out.ts'
import { owns, type Running } from './running.ts'

export function clusterMember(running: Running): ClusterMember {
  const { config, deps, around, commits } = running
  const { registry, downtimes, people } = around
  const carrying = { ...deps, config, around: () => around, commit: commits.commit.bind(commits) }
  /** Pages that are open show it. */
  const tell = (before: StoredCheck | undefined, check: StoredCheck) => {
    if (!before || !differs(before, check)) return
    const { id, project, state } = check
    deps.live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })
  }
  return {
    known: () => registry.entries.size,

    targets: () => registry.present,

    reload(concerns, checks) {
      const before = checks.map(({ id }) => registry.entries.get(id)?.stored)
      registry.reload(concerns, checks, deps.clock.now())
      for (const [n, check] of checks.entries()) tell(before[n], check)
    },

    follow(checks) {
      for (const check of checks) {
        const entry = registry.entries.get(check.id)
        if (!entry || owns(running, entry.target)) continue
        const before = entry.stored
        entry.stored = check
        tell(before, check)
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
