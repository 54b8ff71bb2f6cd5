import type { EngineSeen } from '../model/alert-cluster.ts'
import type { AlertHistory } from '../model/alert-history.ts'
import type { EngineFigures } from '../model/engine-figures.ts'

/** The alert engine, looked at from outside. */
export interface EngineView {
  /** Null while it has not begun, and in a process that runs none. */
  figures(): EngineFigures | null
  history: AlertHistory
  /** Notifications that wait; `oldest`: when the first of them was decided, epoch ms. */
  outbox(): Promise<{ count: number; oldest: number | null }>
  /** Engines that share the journal; empty where there is but one. */
  engines(): Promise<EngineSeen[]>
  /** Zones of contacts that have their own, for what is night to them. */
  zones: ReadonlyMap<string, string>
}
