import type { Secret } from '../config/fields.ts'
import type { PassiveResults } from '../model/contract.ts'

/** Who may push in results, and where they go. */
export interface ResultsDoor extends PassiveResults {
  /** Name → token; without any the door is shut. */
  tokens: ReadonlyMap<string, Secret>
}
