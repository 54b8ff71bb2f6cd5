/** What changed just before a problem began, and how likely it has to do with it. Pure. */
import type { Scope } from './access.ts'

export interface Clue {
  kind: 'action' | 'migration' | 'settings' | 'neighbour'
  /** Epoch ms. */
  at: number
  /** Canonical type (`instance.resize`), or which settings changed (`rules`, `configuration`). */
  what: string
  /** What it happened to. */
  subject: { kind: string; id: string; name: string | null }
  /** Whose that is; null = nobody's: then it is for operators. */
  project: string | null
  /** Who asked for it, where that is known. */
  actor: string | null
  failed: boolean
  /** For a neighbour: CPUs that it used, and how alike that went, -1 to 1. */
  cores?: number
  alike?: number | null
}

/** What the problem is about, and what that is connected with. */
export interface ClueQuery {
  /** Ids, the nearest first: the target itself, its networks, image, flavor … */
  about: readonly string[]
  host: string | null
  from: number
  to: number
}

export interface ChangeJournal {
  /** At most `mostClues`, in one query. */
  before(scope: Scope, query: ClueQuery): Promise<Clue[]>
}

export const mostClues = 100
/** How long before a problem a change may still be its cause. */
export const clueWindowMs = 30 * 60_000
/** A problem is found a little after it began, and a change is told a little after it happened. */
export const clueSlackMs = 60_000

/** Things that were only looked at, or that follow from the problem itself. */
const idle = /\.(exists|usage|observed|sync_power_state)$/

/** The likeliest first: what happened to the thing itself, near in time, and went wrong. */
export function ranked(clues: readonly Clue[], target: { id: string; host: string | null }, began: number): Clue[] {
  const score = (clue: Clue) => {
    const minutes = Math.max(0, began - clue.at) / 60_000
    const near = 1 / (1 + minutes / 5)
    return weightOf(clue, target) * near * (clue.failed ? 1.5 : 1)
  }
  return clues
    .filter(({ what, at }) => !idle.test(what) && at <= began + clueSlackMs && began - at <= clueWindowMs)
    .map((clue) => ({ clue, score: score(clue) }))
    .sort((a, b) => b.score - a.score || b.clue.at - a.clue.at)
    .map(({ clue }) => clue)
}

function weightOf({ kind, subject, cores = 0, alike }: Clue, target: { id: string; host: string | null }): number {
  if (kind === 'neighbour') return Math.min(1, cores * Math.max(0, alike ?? 0.5))
  if (subject.id === target.id) return kind === 'migration' ? 1.2 : 1
  if (kind === 'settings') return 0.5
  if (kind === 'migration') return 0.6
  return subject.kind === 'hypervisor' || subject.id === target.host ? 0.8 : 0.4
}

/** What the people of some projects may read: what happened to their own. */
export const cluesFor = (clues: readonly Clue[], projects: readonly string[] | null): Clue[] =>
  clues.filter(({ project }) => projects === null || (project !== null && projects.includes(project)))
