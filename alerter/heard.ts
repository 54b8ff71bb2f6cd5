/** What is remembered of a problem for the people: when it began, what each contact heard last, the chain that is under way. Pure. */
import type { State } from '../model/check.ts'
import type { Told, Tracked } from '../model/tracked-check.ts'
import type { Telling } from './alert.ts'
import { type Chain, startChain } from './chain.ts'
import type { Recipient } from './contacts.ts'

export interface Remembering {
  now: number
  /** The chain that such a problem has. */
  chain: Chain | null
  named: (name: string) => readonly string[]
}

/** `next`: the check as decided, whose `told` knows only what Nagios knows; `before`: all that was remembered so far. */
export function remember(
  before: Told,
  next: Tracked,
  tellings: readonly Telling<Recipient>[],
  { now, chain, named }: Remembering,
): Told {
  const { state } = next.state
  const heard = heardAfter(before.heard, state, tellings)
  const problem = tellings.some(({ kind }) => kind === 'problem')
  const running = state === 'ok' ? undefined : (before.chain ?? (problem && chain ? startChain(chain, named, now) : undefined))
  return {
    ...next.told,
    ...(state === 'ok' ? {} : { began: before.began ?? now }),
    ...(heard === undefined ? {} : { heard }),
    ...(running === undefined ? {} : { chain: running }),
    ...(before.behind === true ? { behind: true } : {}),
  }
}

/** Undefined: nothing is known of it yet. */
function heardAfter(before: Told['heard'], state: State, tellings: readonly Telling<Recipient>[]): Told['heard'] | undefined {
  const heard: Record<string, State> = { ...before }
  let known = before !== undefined
  for (const { kind, recipients } of tellings) {
    if (kind !== 'problem' && kind !== 'recovery') continue
    known = true
    for (const { contact } of recipients) {
      if (kind === 'recovery') delete heard[contact.name]
      else heard[contact.name] = state
    }
  }
  return known ? heard : undefined
}

/** Other than the states it remembers, these parts go with a check whatever is decided about it. */
export const peopleParts = ({ began, heard, chain, behind }: Told) => ({
  ...(began === undefined ? {} : { began }),
  ...(heard === undefined ? {} : { heard }),
  ...(chain === undefined ? {} : { chain }),
  ...(behind === undefined ? {} : { behind }),
})
