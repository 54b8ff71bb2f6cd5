import type { State } from '../model/check.ts'
import type { Decision } from './decide.ts'
import type { Entry } from './registry.ts'

/** A change that handlers are to hear of, with the check as it was decided. */
export interface Handling {
  entry: Pick<Entry, 'rule' | 'target' | 'stored' | 'own'>
  /** As the result reached it: a soft recovery is soft here, and hard in the state that is kept. */
  hard: boolean
  attempt: number
  was: State
}

export const handlingOf = (entry: Entry, { handled, change, reachedHard, next }: Decision<unknown>, was: State): Handling[] =>
  handled && entry.rule.handlers.length > 0
    ? [{ entry: { ...entry }, hard: reachedHard, attempt: change?.attempt ?? next.state.attempt, was }]
    : []
