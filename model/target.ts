/** What checks look at. */
import type { BudgetStanding } from './budget.ts'
import type { Instance } from './resource.ts'

/**
 * `region` to `source` (a rule whose results come from outside) are what many problems may have in common; `impact` is what that
 * means for one project.
 */
export const targetKinds = [
  ...(['instance', 'hypervisor', 'connection', 'project', 'business-service', 'device'] as const),
  ...(['region', 'zone', 'router', 'network', 'source', 'impact'] as const),
] as const
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
  /** For devices. */
  device?: DeviceFacts
}

/** Something with an address that is no part of a cloud: a switch, a web site, what Nagios calls a host. */
export interface DeviceFacts {
  address: string
  alias: string
  groups: readonly string[]
  /** Devices on the way to it; when none of them is up, it cannot be reached. */
  parents: readonly string[]
  /** For `$_HOSTNAME$` in commands, by name. */
  variables: Readonly<Record<string, string>>
}
