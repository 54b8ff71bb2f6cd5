import type { Scope } from '../model/access.ts'
import type { Problem } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type { Clue } from '../model/clue.ts'
import type {
  AccountJournal,
  AlertCommands,
  AlertJournal,
  Budgets,
  CapacityJournal,
  CompletenessJournal,
  Efficiency,
  EventJournal,
  Inventory,
  Live,
  Logger,
  MachineJournal,
  NetworkInventory,
  NotifierDesk,
  Reports,
  ResourceJournal,
  SampleStore,
  Target,
  TimelineJournal,
  UsageJournal,
} from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { AcknowledgeLinks, OnCall, OnCallJournal } from '../model/on-call.ts'
import type { DecisionLog } from '../model/outbox.ts'
import type { RuleBoard } from '../model/rule-board.ts'
import type { RulePreviews } from '../model/rule-preview.ts'
import type { EngineView } from './engine-view.ts'
import type { ResultsDoor } from './results-door.ts'

/** Everything the pages read from or write to; main passes it in. */
export interface UiDeps {
  store: SampleStore
  events: EventJournal
  inventory: Inventory
  machines: Pick<MachineJournal, 'machines'>
  networks: NetworkInventory
  capacity: Pick<CapacityJournal, 'readings'>
  usage: UsageJournal
  reports: Reports
  budgets: Budgets
  efficiency: Efficiency
  completeness: CompletenessJournal
  timeline: TimelineJournal
  resources: ResourceJournal
  alerts: AlertJournal
  /** What is checked besides the cloud; default: nothing. */
  devices?: readonly Target[]
  commands: AlertCommands
  /** What changed before a problem, the likeliest first; of the scope only. */
  clues(scope: Scope, problem: Problem): Promise<Clue[]>
  decisions: DecisionLog
  onCall: OnCall
  calendars: Pick<OnCallJournal, 'openFeed' | 'feeds' | 'revokeFeed' | 'feed' | 'useLink' | 'linkUsed'>
  /** Null: messages carry no links to acknowledge. */
  links: AcknowledgeLinks | null
  rules: RuleBoard
  previews: RulePreviews
  notifiers: NotifierDesk
  /** Takes results of checks from outside. */
  results: ResultsDoor
  engine: EngineView
  accounts: AccountJournal
  health: HealthBoard
  live: Live
  clock: Clock
  logger: Logger
  /** Data directory: the cookie key lives there. */
  directory: string
  /** True for the demo cloud: every page says so. */
  demo: boolean
  version: string
}
