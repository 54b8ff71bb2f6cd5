/** What runs beside the checks for people's sake: shifts are looked ahead at, and somebody outside hears that the engine works. */
import type { Clock } from '../model/clock.ts'
import type { Logger, NotifierContext } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { ConfiguredNotifier } from './delivery.ts'
import { runHeartbeats } from './heartbeat.ts'
import type { Around } from './surroundings.ts'
import { watchRotas } from './watch-rotas.ts'
import { whyIdle } from './working.ts'

export interface PeopleDeps {
  around: Around
  notifiers: ReadonlyMap<string, ConfiguredNotifier>
  render: NotifierContext<unknown>['render']
  health: HealthBoard
  clock: Clock
  logger: Logger
  /** The journal refuses: nothing is decided. */
  stalled: () => boolean
}

export async function runPeople(deps: PeopleDeps, signal: AbortSignal): Promise<void> {
  const { around, clock, stalled } = deps
  const { config, people, attention, registry } = around
  const idle = () => whyIdle(attention.pulse, { stalled: stalled(), entries: registry.entries.values() }, clock.now())
  await Promise.all([watchRotas(config, { ...deps, people }, signal), runHeartbeats({ ...deps, config, whyIdle: idle }, signal)])
}
