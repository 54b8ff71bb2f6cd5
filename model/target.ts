/** What checks look at. */
import type { BudgetStanding } from './budget.ts'
import type { Instance } from './resource.ts'

export const targetKinds = ['instance', 'hypervisor', 'connection', 'project', 'business-service'] as const
export type TargetKind = (typeof targetKinds)[number]

/** What rules tell targets apart by. One name may have several values (tags, aggregates); absent = not known. */
export type Labels = Readonly<Record<string, readonly string[]>>

/** What a check looks at. */
export interface Target {
  kind: TargetKind
  id: string
  name: string | null
  project: string | null
  host: string | null
  /** For instances: the inventory entry, so that a check can tell stopped from silent. */
  instance: Instance | null
  /** For projects with a budget: how far it is used up. */
  budget?: BudgetStanding
  labels?: Labels
}
