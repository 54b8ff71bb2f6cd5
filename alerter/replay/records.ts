/** What the engine did, in the words of a trace. */

import type { Telling } from '../alert.ts'
import type { FlappingTurn } from '../count-flapping.ts'
import { depthOf } from './around.ts'
import { notificationWords, word } from './words.ts'
import { type ReplayObject, secondsOf, type World } from './world.ts'

const whereOf = ({ host, service }: ReplayObject) => (service === null ? { host } : { host, service })
const rounded = (percent: number) => Math.round(percent * 10_000) / 10_000

export function record(world: World, t: number, object: ReplayObject, ev: string, fields: Record<string, unknown> = {}): void {
  world.observed.push({ t, ev, ...whereOf(object), ...fields })
}

export function recordTellings(world: World, t: number, object: ReplayObject, tellings: readonly Telling<string>[]): void {
  const state = word(object, object.tracked.state.state)
  for (const { kind, number, recipients, escalated } of tellings)
    for (const contact of recipients)
      record(world, t, object, 'notify', { type: notificationWords[kind], number, contact, state, escalated })
}

const turns = { start: 'flapStart', stop: 'flapStop', disabled: 'flapDisabled' } as const

export function recordTurn(world: World, t: number, object: ReplayObject, turn: FlappingTurn): void {
  if (turn) record(world, t, object, turns[turn], { percentChange: rounded(object.tracked.flapping.percent) })
}

/** The object as it is now; a field at rest is left out. `said` is the output that was given. */
export function recordAfter(world: World, t: number, object: ReplayObject, said: string | null = null): void {
  const { state, acknowledgement, told, flapping } = object.tracked
  const seconds = (at: number | null) => secondsOf(world.trace, at)
  const percent = rounded(flapping.percent)
  const depth = depthOf(world, object)
  const shown = acknowledgement ? (acknowledgement.sticky ? 'sticky' : 'normal') : object.lingering
  record(world, t, object, 'after', {
    state: word(object, state.state),
    type: state.hard ? 'HARD' : 'SOFT',
    attempt: state.attempt,
    lastHard: word(object, state.lastHardState),
    ...(percent === 0 ? {} : { percentChange: percent }),
    ...(flapping.flapping ? { flapping: true } : {}),
    ...(shown === null ? {} : { ack: shown }),
    ...(depth === 0 ? {} : { downtimeDepth: depth }),
    ...(told.number === 0 ? {} : { notificationNumber: told.number }),
    ...(told.last === null ? {} : { lastNotification: seconds(told.last) }),
    ...(told.next === null ? {} : { nextNotification: seconds(told.next) }),
    ...(told.done ? { noMoreNotifications: true } : {}),
    ...(object.nextCheck === null || !object.scheduled || !object.config.activeChecks
      ? {}
      : { nextCheck: seconds(object.nextCheck.at) }),
    lastStateChange: seconds(state.lastStateChange),
    lastHardStateChange: seconds(state.lastHardStateChange),
    ...(said === null || state.output === said ? {} : { text: state.output }),
  })
}
