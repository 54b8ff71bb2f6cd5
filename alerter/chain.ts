/** Chains of escalation: nobody has taken the problem for so long, so the next are told. Pure. */
import { covers, type State } from '../model/check.ts'
import type { ChainStep, RunningChain } from '../model/tracked-check.ts'

export interface Chain {
  name: string
  /** Names of rules and ids of projects; null = all. */
  rules: readonly string[] | null
  projects: readonly string[] | null
  /** A problem that begins in one of these. */
  states: readonly State[]
  steps: readonly { afterMs: number; tell: readonly string[]; repeatMs: number }[]
  /** How often it is gone through. */
  rounds: number
}

/** The chain of a problem: the first that concerns it. */
export function chainFor(
  chains: readonly Chain[],
  { rule, project, state }: { rule: string; project: string | null; state: State },
): Chain | null {
  return (
    chains.find(
      (chain) =>
        covers(chain.states, state) &&
        (chain.rules === null || chain.rules.includes(rule)) &&
        (chain.projects === null || (project !== null && chain.projects.includes(project))),
    ) ?? null
  )
}

/**
 * Who will be told and when, as it is now: whoever hands over afterwards leaves the problem with those who had it. `named` gives
 * the contacts behind a name at this moment. The first step is told with the problem itself.
 */
export function startChain(chain: Chain, named: (name: string) => readonly string[], now: number): RunningChain {
  const steps: ChainStep[] = []
  let at = now
  for (let round = 0; round < chain.rounds; round++)
    for (const [index, { afterMs, tell, repeatMs }] of chain.steps.entries()) {
      at += round > 0 && index === 0 ? Math.max(afterMs, longestWait(chain)) : afterMs
      const who = [...new Set(tell.flatMap(named))]
      steps.push({ at, who, names: tell, repeatMs, told: steps.length === 0 ? now : null, again: null })
    }
  const [first] = steps
  if (first && first.repeatMs > 0) first.again = now + first.repeatMs
  return { name: chain.name, began: now, steps, paused: null }
}

/** A second round does not follow the last step at once. */
const longestWait = ({ steps }: Chain) => Math.max(60_000, ...steps.map(({ afterMs }) => afterMs))

/** Everybody who was told by a step. */
export const toldByChain = (chain: RunningChain | undefined): readonly string[] => [
  ...new Set(chain?.steps.flatMap(({ told, who }) => (told === null ? [] : who)) ?? []),
]

/** The step whose time has come, or the one that is to be told again; null = none. */
export function dueStep({ steps }: RunningChain, now: number): number | null {
  const next = steps.findIndex(({ told }) => told === null)
  if (next !== -1 && (steps[next] as ChainStep).at <= now) return next
  const again = steps.findIndex((step) => step.again !== null && step.again <= now)
  return again === -1 ? null : again
}

/**
 * A step was told, or had nobody to tell: then the next one does not wait for its time. `lateMs`: for so long something held it,
 * and the next ones come as much later.
 */
export function afterStep(chain: RunningChain, index: number, reached: boolean, now: number, lateMs = 0): RunningChain {
  const pullBy = reached ? -lateMs : Math.max(0, (chain.steps[index + 1]?.at ?? now) - now)
  return {
    ...chain,
    steps: chain.steps.map((step, nth) => {
      if (nth === index)
        return { ...step, told: step.told ?? now, again: step.repeatMs > 0 && reached ? now + step.repeatMs : null }
      return nth > index && step.told === null ? { ...step, at: step.at - pullBy } : step
    }),
  }
}

/** While somebody has the problem its time stands still. */
export function pauseChain(chain: RunningChain, now: number): RunningChain {
  return chain.paused === null ? { ...chain, paused: now } : chain
}

export function resumeChain(chain: RunningChain, now: number): RunningChain {
  if (chain.paused === null) return chain
  const by = now - chain.paused
  return {
    ...chain,
    paused: null,
    steps: chain.steps.map((step) => ({
      ...step,
      at: step.told === null ? step.at + by : step.at,
      again: step.again === null ? null : step.again + by,
    })),
  }
}

/** Something is still to come. */
export const hasMore = ({ steps }: RunningChain) => steps.some(({ told, again }) => told === null || again !== null)
