/** Tells some contacts about a check as it stands, outside of its own clock: number and next notification stay as they are. */
import type { AlertKind, State } from '../model/check.ts'
import type { AlertBatch, StoredCheck } from '../model/tracked-check.ts'
import type { Hold, Telling } from './alert.ts'
import { type ContactReach, type Recipient, reachContacts, type Silent } from './contacts.ts'
import { type Collected, collectTellings } from './judge.ts'
import type { Entry } from './registry.ts'
import { type Around, surroundingsOf } from './surroundings.ts'
import { tell } from './tell.ts'

export interface ToldOnly {
  /** Contacts who were told. */
  reached: readonly string[]
  /** Why the alert goes to nobody at all. */
  hold: Hold | null
  silent: readonly Silent[]
}

export interface Only {
  kind: Extract<AlertKind, 'problem' | 'recovery'>
  /** Contacts, also ones that hear by chains only. */
  names: readonly string[]
  /** Also those who heard of this very state already. */
  again?: boolean
  escalation?: { chain: string; step: number; steps: number }
}

/** Puts the messages into the batch and remembers who heard what. A hold other than for want of people holds for all. */
export function tellOnly(around: Around, entry: Entry, only: Only, now: number, batch: Collected): ToldOnly {
  const { stored, rule, target } = entry
  const { heard = {} } = stored.told
  const named = (name: string) => around.people.named(name, now)
  const states: readonly State[] = only.kind === 'problem' ? stored.told.states : (['critical'] as const)
  const check = { ...stored, told: { ...stored.told, states, done: false, next: null } }
  let reach: ContactReach | null = null
  const { telling, hold } = tell<Recipient>(
    { kind: only.kind, check, rule: rule.alert },
    surroundingsOf(around, entry, now),
    (alert, number) => {
      const asked = reachContacts(around.config, rule, target, alert, number, now, { named, chain: only.names, heard })
      const wants = ({ contact }: Pick<Recipient, 'contact'>) =>
        only.names.includes(contact.name) &&
        (only.again === true || alert.kind === 'recovery' || heard[contact.name] !== stored.state.state)
      reach = {
        ...asked,
        recipients: asked.recipients.filter(wants),
        silent: asked.silent.filter(({ contact }) => only.names.includes(contact)),
      }
      return reach
    },
  )
  const silent = (reach as ContactReach | null)?.silent ?? []
  if (!telling) return { reached: [], hold: hold?.stage === 'nobody' ? null : hold, silent }
  collectTellings(around, entry, [telling], null, now, batch, heard, only.escalation)
  const reached = namesOf(telling)
  put(entry, batch, { ...stored, told: { ...stored.told, heard: heardAfter(heard, reached, stored.state.state) } })
  return { reached, hold: null, silent }
}

export const namesOf = ({ recipients }: Telling<Recipient>) => [...new Set(recipients.map(({ contact }) => contact.name))]

function heardAfter(heard: Readonly<Record<string, State>>, names: readonly string[], state: State) {
  const rest = Object.fromEntries(Object.entries(heard).filter(([name]) => !names.includes(name)))
  return state === 'ok' ? rest : { ...rest, ...Object.fromEntries(names.map((name) => [name, state])) }
}

/** The check as it is from now on, in memory and in the batch: of several writes of one batch the last counts. */
export function put(entry: Entry, batch: Pick<Collected, 'checks'> & Partial<AlertBatch>, stored: StoredCheck): void {
  entry.stored = stored
  batch.checks.push(stored)
}
