/** What the parts of a running engine share. */
import type { AlertCluster } from '../model/alert-cluster.ts'
import type { Clock } from '../model/clock.ts'
import type { ChangeJournal } from '../model/clue.ts'
import type {
  AlertJournal,
  Budgets,
  Inventory,
  Live,
  Logger,
  NotifierContext,
  Plugin,
  Programs,
  SampleStore,
} from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'
import type { HealthBoard } from '../model/health.ts'
import type { LabelSource } from '../model/labels.ts'
import type { Outbox } from '../model/outbox.ts'
import type { TopologyFacts } from '../model/topology.ts'
import type { AlertWriter } from '../model/tracked-check.ts'
import type { AcknowledgeLink } from './delivery.ts'
import type { EventHandlers } from './event-handlers.ts'
import type { Collected } from './judge.ts'
import type { Meter } from './meter.ts'
import type { OrderedCommits } from './ordered-commits.ts'
import type { People } from './people.ts'
import type { RuleCosts } from './rule-board.ts'
import type { Rule } from './rules.ts'
import type { AlerterConfig } from './section.ts'
import type { Around } from './surroundings.ts'

export interface AlerterDeps {
  store: Pick<SampleStore, 'range' | 'latest'>
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>
  journal: AlertJournal & AlertWriter & Outbox
  /** Default: this engine is the only one on its journal. */
  cluster?: AlertCluster
  health: HealthBoard
  live: Pick<Live, 'publish'>
  clock: Clock
  logger: Logger
  plugins: readonly Plugin[]
  /** Default: nothing is known of what carries what. */
  topology?: () => Promise<TopologyFacts>
  /** What changed before a problem; default: nobody knows. */
  clues?: ChangeJournal
  /** Default: no project has a budget. */
  budgets?: Budgets
  /** Default: targets have no labels but their own facts. */
  labels?: LabelSource
  /** Default: those of the configured file, or the ones that come with Specola. */
  rules?: readonly Rule[]
  /** Default: what the configuration says. */
  people?: People
  /** Default: messages carry no link to acknowledge. */
  acknowledgeLink?: AcknowledgeLink
  /** Default: no commands are run. */
  programs?: Programs
  render: NotifierContext<unknown>['render']
}

export interface Running {
  config: AlerterConfig
  deps: AlerterDeps
  around: Around
  commits: OrderedCommits
  meter: Meter
  handlers: EventHandlers
  /** What the checks of each rule cost. */
  costs: RuleCosts
  /** When the engine began to listen: silence counts from there; epoch ms. */
  since: number
}

/** Pages that are open learn what changed. */
export function publish({ deps }: Pick<Running, 'deps'>, { transitions }: Collected, refused: readonly string[] = []): void {
  for (const { check, project, to, hard } of transitions)
    if (!refused.includes(check)) deps.live.publish({ kind: 'problem', check, project, state: to, hard })
}

/** Whether this engine decides on the target's checks. */
export const owns = ({ deps: { cluster } }: Pick<Running, 'deps'>, target: ResourceRef) => cluster?.owns(target) ?? true

export function report({ deps }: Pick<Running, 'deps'>, state: 'ok' | 'degraded', detail: string): void {
  deps.health.report({ component: 'alerter', kind: 'alerter', state, detail })
}

export const countsChecks = ({ around }: Pick<Running, 'around'>) => `${around.registry.entries.size} checks`
