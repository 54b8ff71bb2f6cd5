/** Every seam of the system. What is not here is private to its folder. */
import type { ZodType } from 'zod'
import type { Account, AuditEntry, Preferences, Role, Scope } from './access.ts'
import type { BudgetStanding } from './budget.ts'
import type { CauseView } from './cause.ts'
import type {
  Acknowledgement,
  CheckResult,
  CheckState,
  Comment,
  NotificationRecord,
  Perfdata,
  Problem,
  State,
  Transition,
} from './check.ts'
import type { Adjustment, ClosedMonth, NamedRow } from './closed-month.ts'
import type { Clue } from './clue.ts'
import type { Discrepancy } from './discrepancy.ts'
import type { StoredDowntime } from './downtime.ts'
import type { EfficiencyReport } from './efficiency.ts'
import type { CloudEvent, Json, RecordedEvent, ResourceFacts, ResourceRef } from './event.ts'
import type { Gap } from './gap.ts'
import type { HealthBoard } from './health.ts'
import type { Subnet } from './ip-availability.ts'
import type { InstanceLabels } from './labels.ts'
import type { LedgerState } from './ledger-state.ts'
import type { MessageTexts } from './message-texts.ts'
import type { Overdue } from './overdue.ts'
import type { PlacementReading } from './placement.ts'
import type { Port } from './port-traffic.ts'
import type { RatedRow } from './rating.ts'
import type { ReportFormat, ReportQuery, ReportSummary } from './report.ts'
import type { Hypervisor, Instance, ListedKind, Machine, Named, NetworkKind, SeenInstance } from './resource.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore } from './sample.ts'
import type { Target, TargetKind } from './target.ts'
import type { TargetFilter } from './target-filter.ts'
import type { ResourceKind, ResourceSegment, ResourceUsageRow, Segment, UsageDifference, UsageQuery, UsageRow } from './usage.ts'

// ---------------------------------------------------------------------------------------------------------- errors, logs

/** The closed list of failures that cross a seam. */
export type ErrorCode =
  | 'config' // the configuration is wrong: message is a list of file:line:column lines
  | 'usage' // the command line is wrong
  | 'locked' // the data directory belongs to another process
  | 'unreachable' // a peer does not answer; will be tried again
  | 'protocol' // a peer answered something that breaks its own rules
  | 'denied' // not allowed, by us or by a peer
  | 'not-found'
  | 'invalid' // a request that cannot be understood
  | 'storage' // the disk or a store refuses

/** Says what, where and what to do. The message never holds a secret. */
export class AppError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
  }
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  child(fields: Readonly<Record<string, unknown>>): Logger
}

// ------------------------------------------------------------------------------------------------------------ collecting

/** Where collectors hand over what they read. */
export interface Intake {
  /** Resolves when the samples are queued; a full queue drops the oldest and counts them. Never blocks for long. */
  samples(batch: readonly Sample[]): Promise<void>
  /** Resolves once durable: then, and only then, may the bus be acknowledged. */
  events(batch: readonly RecordedEvent[], texts?: MessageTexts): Promise<RecordCounts>
  /** Body that could not be understood, with its reason: kept in DIR/parked, replayable by `specola import`. Resolves once durable. */
  park(messages: readonly ParkedMessage[]): Promise<void>
  instances(seen: readonly SeenInstance[]): Promise<void>
  hypervisor(seen: Hypervisor): Promise<void>
  /** Machines that another monitor (Ganglia) tells of. */
  machines(seen: readonly Machine[]): Promise<void>
}

export interface ParkedMessage {
  exchange: string
  routing_key: string
  properties: Json
  body: string
  reason: string
}

export interface RecordCounts {
  events: number
  duplicates: number
  ignored: number
}

/** Runs until the signal is aborted (then resolves) or throws to be restarted with back-off. */
export interface Collector {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
}

// --------------------------------------------------------------------------------------------------------------- journal

export interface EventQuery {
  from?: number
  to?: number
  /** Canonical types, or prefixes ending in a dot (`instance.`). */
  types?: readonly string[]
  resource?: ResourceRef
  project?: string
  host?: string
  actor?: string
  user?: string
  /** Newest first; at most this many (≤ 1000). */
  limit: number
  /** Only events before this one, for paging. */
  before?: { time: number; seq: number }
}

export interface EventRow extends CloudEvent {
  /** Position in the journal, ascending in order of arrival. */
  seq: number
}

/** The log of facts. A fact told in both formats is one row here, whatever arrived first. */
export interface EventJournal {
  /** `texts`: those of all events of the batch, compressed already; then each event's own `raw` is null. */
  record(batch: readonly RecordedEvent[], texts?: MessageTexts): Promise<RecordCounts>
  /**
   * A complete list of all instances (or volumes, images, ports …) that the APIs of all clouds had at an instant. What a ledger believes
   * alive and is not in it has lost its end: it is closed where it was last heard of (provenance inferred). Whatever arrives
   * before or after, the result is the same.
   */
  listed(listing: { kind: 'instance' | ResourceKind | ListedKind; readAt: number; ids: readonly string[] }): Promise<void>
  events(scope: Scope, query: EventQuery): Promise<EventRow[]>
  event(scope: Scope, seq: number): Promise<{ row: EventRow; raw: string | null } | null>
  /** Events per bucket of `step` ms, for histograms: [bucket start, count], ascending, empty buckets absent. */
  histogram(
    scope: Scope,
    query: Omit<EventQuery, 'limit' | 'before'> & { from: number; to: number; step: number },
  ): Promise<[number, number][]>
  /** Distinct types ever seen, with their counts. */
  types(scope: Scope): Promise<{ type: string; count: number; ignored: boolean }[]>
  /** Distinct messages in the journal, both formats counted. */
  count(): Promise<number>
}

export interface InstanceQuery {
  /** Part of name, id or address. */
  q?: string
  project?: string
  user?: string
  host?: string
  state?: string
  /** false (default): only those that exist now. */
  deleted?: boolean
  sort?: 'name' | 'project' | 'host' | 'state' | 'created'
  descending?: boolean
  limit: number
  offset?: number
}

export interface Inventory {
  instances(scope: Scope, query: InstanceQuery): Promise<{ rows: Instance[]; total: number }>
  instance(scope: Scope, id: string): Promise<Instance | null>
  projects(scope: Scope): Promise<(Named & { instances: number })[]>
  users(scope: Scope): Promise<(Named & { instances: number })[]>
  hypervisors(scope: Scope): Promise<Hypervisor[]>
  /** Display names for ids; ids without a known name are absent. */
  names(kind: string, ids: readonly string[]): Promise<Map<string, string>>
  seenInstances(batch: readonly SeenInstance[]): Promise<void>
  seenHypervisor(hypervisor: Hypervisor): Promise<void>
  name(kind: 'project' | 'user', named: readonly Named[], time: number): Promise<void>
}

/** Machines of other monitors (Ganglia). Tenants see those that are their instances. */
export interface MachineJournal {
  seen(batch: readonly Machine[]): Promise<void>
  /** By name; all of the scope, or those that are a hypervisor or an instance. */
  machines(scope: Scope, query: { hypervisor?: string; instance?: string }): Promise<Machine[]>
}

/** Neutron's ports, subnets and networks that exist and that a scope may see; empty where nobody told of any. */
export interface NetworkInventory {
  /** Those of the scope's projects. Others' ports in its own networks are there with nothing but their addresses. */
  ports(scope: Scope): Promise<Port[]>
  /** Also those of networks that every project may see: then without whose they are, and without pools. */
  subnets(scope: Scope): Promise<Subnet[]>
  networks(scope: Scope): Promise<Named[]>
}

/** What Placement has and has promised, as last read. */
export interface CapacityJournal {
  /** Replaces what was known of the cloud. */
  put(reading: PlacementReading): Promise<void>
  reading(cloud: string): Promise<PlacementReading | null>
  /** Of all clouds; nothing for those who may not see hosts. */
  readings(scope: Scope): Promise<PlacementReading[]>
}

export interface UsageJournal {
  usage(scope: Scope, query: UsageQuery): Promise<UsageRow[]>
  /** Nova's own `tenant_usages` (detailed), by Nova's own formula. */
  parity(scope: Scope, query: { from: number; to: number; project?: string }): Promise<Json[]>
  segments(scope: Scope, instance: string): Promise<Segment[]>
  /**
   * Segments that count (`isCounted`), clipped to the period and to now, ordered by project, instance, start. Streamed: a month
   * of a large cloud does not fit in memory twice.
   */
  segmentsWithin(scope: Scope, period: Period & { project?: string; instance?: string }): Iterable<Segment & { to: number }>
  /**
   * Nova's figure and ours for each instance where they differ, or where both count time in which it did not run; the largest
   * difference first. The period is cut to whole seconds.
   */
  differences(scope: Scope, query: Period & { project?: string; instance?: string }): Promise<UsageDifference[]>
  /** Where another witness disagreed with the ledger, newest first: something was missed. */
  discrepancies(
    scope: Scope,
    query: Partial<Period> & { project?: string; instance?: string; limit: number },
  ): Promise<Discrepancy[]>
  /** Actions that should have ended by now and of which no end was heard; the longest due first. */
  overdue(now: number): Promise<Overdue[]>
}

/** What Nova said of a month, night by night, as it was then: Nova itself cannot say it again. */
export interface ParitySnapshots {
  /** Stores the figures of a day's end unless they are there; true when they were not. */
  take(night: Night, zone: string): Promise<boolean>
  /** The newest night that was taken, `YYYY-MM-DD`; null = none. */
  last(): Promise<string | null>
  /** The newest snapshot of that day or before it, or null. */
  read(scope: Scope, query: { day: string; project?: string }): Promise<{ night: Night; takenAt: number; usages: Json[] } | null>
}

/** The end of a day of the configured zone, and the month so far that is kept then. */
export interface Night extends Period {
  /** The day that ended, `YYYY-MM-DD`. */
  day: string
}

/** Epoch ms, [from, to). */
export interface Period {
  from: number
  to: number
}

/** Ledgers of volumes, snapshots, backups, images and floating IPs. */
export interface ResourceJournal {
  usage(
    scope: Scope,
    query: Period & { by: 'project' | 'user' | 'resource' | 'type'; project?: string; user?: string; kind?: ResourceKind },
  ): Promise<ResourceUsageRow[]>
  /** Clipped to the period and to now, ordered by project, kind, id, start. */
  segmentsWithin(
    scope: Scope,
    period: Period & { project?: string; kind?: ResourceKind },
  ): Iterable<ResourceSegment & { to: number }>
  segments(scope: Scope, kind: ResourceKind, id: string): Promise<ResourceSegment[]>
  /**
   * What exists or existed, of any kind, by name. What every project may see (public images, shared networks) is in every scope,
   * there without its owner and whom it serves.
   */
  resources(
    scope: Scope,
    query: { kind: string; q?: string; project?: string; user?: string; deleted?: boolean; limit: number; offset?: number },
  ): Promise<{ rows: Resource[]; total: number }>
  resource(scope: Scope, kind: string, id: string): Promise<Resource | null>
}

/** Something that a service told of and that is no instance; its name outlives its deletion. */
export interface Resource {
  kind: string
  id: string
  name: string | null
  project: string | null
  user: string | null
  about: ResourceFacts
  createdAt: number | null
  deletedAt: number | null
  updatedAt: number
}

export type { Gap } from './gap.ts'

export interface HeardHour {
  service: string
  host: string
  /** Start of the hour. */
  hour: number
  messages: number
}

export interface CompletenessJournal {
  /**
   * Messages per service, host and hour, or per `step` ms (a multiple of an hour, aligned to the epoch); those without any are
   * absent. Ordered by service, host, time.
   */
  hours(period: Period, step?: number): Promise<HeardHour[]>
  /** Oldest first. What concerns single instances is limited to the scope; what concerns everybody is told to everybody. */
  gaps(scope: Scope, period: Period): Promise<Gap[]>
}

/** What the bus collector remembers of its own presence, so that an absence can be told afterwards. */
export interface ListeningLog {
  /** Exchange → until when we know that nothing escaped us: we were bound to it, or it was not there to publish to. */
  last(source: string): Promise<Map<string, number>>
  bound(source: string, exchanges: readonly string[], at: number): Promise<void>
  absent(absences: readonly Absence[]): Promise<void>
}

/** A time without a binding to an exchange, [from, to), epoch ms. */
export interface Absence {
  source: string
  exchange: string
  from: number
  to: number
  cause: 'process' | 'broker' | 'queue' | 'exchange'
  /** False: our durable queue was bound all the time and kept what was published. */
  lost: boolean
}

/** Counts what could not be understood until it is. */
export interface UnreadLog {
  parked(messages: readonly ParkedMessage[], time: number): Promise<void>
  /** Messages that were parked once and are understood by now. */
  understood(messages: readonly Pick<ParkedMessage, 'routing_key' | 'body'>[]): Promise<void>
}

export type ActionResult = 'ok' | 'failed' | 'running' | 'unknown'

/** What somebody did to something: all that one request did to one resource. */
export interface Action {
  seq: number
  /** The request's id; null where a service tells none. */
  request: string | null
  /** A service did it on behalf of that request. */
  part: boolean
  /** First and last word of it, epoch ms. */
  time: number
  until: number
  service: string
  /** Canonical type without its phase: `instance.resize`, `volume.create`, `session.open` … */
  verb: string
  result: ActionResult
  reason: string | null
  resource: ResourceRef & { name: string | null }
  project: string | null
  actor: { id: string; name: string | null } | null
  actorProject: string | null
  host: string | null
  /** Address that it was asked from. */
  address: string | null
}

export interface ActionQuery {
  from?: number
  to?: number
  /** Id or name. */
  actor?: string
  project?: string
  /** Id or name of a resource. */
  resource?: string
  service?: string
  /** Exact, or a family that ends in a dot (`instance.`). */
  verb?: string
  result?: ActionResult
  address?: string
  /** Part of a resource's name or id, an actor's name, a request id, or (only with `addresses`) an address. */
  q?: string
  /** Whether `q` may find addresses: not for those who may not see them. */
  addresses?: boolean
  /** Also what services did on behalf of a request that is listed itself. */
  parts?: boolean
  /** At most this many, newest first (≤ 1000). */
  limit: number
  before?: { time: number; seq: number }
}

/** Who did what to what, from where, with what result; kept after deletion. */
export interface TimelineJournal {
  actions(scope: Scope, query: ActionQuery): Promise<Action[]>
  /** One action, what the same request did elsewhere, and the events under it, oldest first. */
  action(scope: Scope, seq: number): Promise<{ action: Action; related: Action[]; events: EventRow[] } | null>
  /** Distinct verbs, in order. */
  verbs(scope: Scope): Promise<string[]>
}

// ---------------------------------------------------------------------------------------------------------------- money

/** Closed months: written once, whole or not at all, and never changed. */
export interface MonthJournal {
  /** Newest first. */
  months(): Promise<ClosedMonth[]>
  month(month: string): Promise<ClosedMonth | null>
  /** One transaction; `rows` is read inside it. False when the month is closed already. */
  close(month: ClosedMonth, rows: Iterable<RatedRow>): Promise<boolean>
  /** As they were closed, names and all. */
  rows(scope: Scope, query: { month: string; project?: string }): Iterable<NamedRow>
  /** Sums of the closed rows, without adjustments, per month and project. */
  totals(scope: Scope): Promise<{ month: string; project: string; amount: bigint }[]>
  /** All or none, in one transaction. */
  adjust(adjustments: readonly Omit<Adjustment, 'id'>[]): Promise<void>
  /** In the order in which they were made. */
  adjustments(scope: Scope, query: { month?: string; project?: string }): Promise<Adjustment[]>
}

/** Extra specs of flavors, by flavor name, as the newest bus notification told them. */
export interface FlavorJournal {
  extraSpecs(): Promise<Map<string, Readonly<Record<string, string>>>>
}

/** Which monthly reports went to whom: each once, whatever restarts come between. */
export interface ReportMailJournal {
  /** Adds what is not there yet; what is there stays as it is. */
  plan(mails: readonly ReportMail[]): Promise<void>
  due(now: number): Promise<ReportMail[]>
  settle(mail: ReportMail): Promise<void>
  /** All of a month. */
  mails(month: string): Promise<ReportMail[]>
}

export interface ReportMail {
  month: string
  project: string
  contact: string
  address: string
  state: 'waiting' | 'sent' | 'failed'
  attempts: number
  nextAttempt: number | null
  sentAt: number | null
  /** Why it failed, or the id of the sent mail. */
  detail: string | null
}

/** Reports, rated and composed; every way of looking at them shows the same numbers. */
export interface Reports<R extends ReportSummary = ReportSummary> {
  /** null = nothing of that kind in scope. */
  report(scope: Scope, query: ReportQuery): Promise<R | null>
  /** One that `report` gave. */
  render(report: R, format: ReportFormat, language: 'it' | 'en'): AsyncIterable<Uint8Array | string>
  /** Name and media type of the file that a report makes. */
  file(report: ReportSummary, format: ReportFormat): { name: string; type: string }
  closedMonths(): Promise<ClosedMonth[]>
  closedTotals(scope: Scope): Promise<{ month: string; project: string; amount: bigint }[]>
  adjustments(scope: Scope, query: { month?: string; project?: string }): Promise<Adjustment[]>
}

/** How far each budget of the scope is used up this month. */
export interface Budgets {
  standings(scope: Scope): Promise<BudgetStanding[]>
}

/** What is paid for and not used. */
export interface Efficiency {
  findings(scope: Scope, query: { project?: string }): Promise<EfficiencyReport>
}

export interface Attachment {
  name: string
  type: string
  content: Uint8Array
}

/** Mail that is no notification about a problem. */
export interface Mailer {
  send(mail: {
    to: string
    subject: string
    text: string
    html: string
    attachments: readonly Attachment[]
    /** Tells this mail from every other: the same again when it is tried again. */
    key: string
    signal: AbortSignal
  }): Promise<Delivery>
}

/** What a reader of the APIs must know of the journal, and where it had got to. */
export interface ReadingJournal {
  /** What the ledger has made of these instances; those never heard of are absent. */
  ledgerStates(ids: readonly string[]): Promise<Map<string, LedgerState>>
  /** What these instances are labelled with; those of which nothing was told are absent. */
  instanceLabels(ids: readonly string[]): Promise<Map<string, InstanceLabels>>
  /** The newest event of each of these resources, by id. */
  newestEvents(kind: string, ids: readonly string[]): Promise<Map<string, CloudEvent>>
  /** Which of these events are in the journal already. */
  recorded(ids: readonly string[]): Promise<Set<string>>
  /**
   * Instances that did not end as far as the ledger knows. `toldAt`: the newest event of them; `listedAt`: the newest complete
   * list, if it had them; epoch ms.
   */
  openInstances(): Promise<{ id: string; project: string | null; host: string | null; toldAt: number; listedAt: number | null }[]>
  /** What exists of a kind as far as is known; `updatedAt`: the newest word of it, epoch ms. */
  openResources(
    kind: ResourceKind | NetworkKind,
  ): Promise<{ id: string; name: string | null; project: string | null; updatedAt: number }[]>
  /**
   * When the bus was last heard again after a time in which messages may have been lost, or an exchange was heard for the first
   * time, epoch ms; null: no bus.
   */
  heardAgainAt(): Promise<number | null>
  /** Where a reader of a cloud had got to; null: nowhere yet. */
  mark(cloud: string, task: string): Promise<Json | null>
  setMark(cloud: string, task: string, value: Json): Promise<void>
}

export interface ProblemQuery {
  states?: readonly State[]
  /** Default: only hard problems. */
  soft?: boolean
  /** false: only problems nobody has acknowledged; default both. */
  handled?: boolean
  project?: string
  host?: string
  target?: ResourceRef
  /** Counted under the problem of one of these checks. */
  causes?: readonly string[]
  /** false: not those that are counted under a problem which the scope sees. */
  explained?: boolean
  q?: string
  limit?: number
}

/** Check states, what changed them, who took them and who was told. */
export interface AlertJournal {
  /** Order: unhandled first, critical > unknown > warning, then newest. */
  problems(scope: Scope, query: ProblemQuery): Promise<Problem[]>
  /** How many hard problems are counted under each of these checks; those without any are absent. */
  explains(scope: Scope, causes: readonly string[]): Promise<Map<string, number>>
  /** Any check by id, also one that is ok. */
  check(scope: Scope, id: string): Promise<Problem | null>
  checksOf(scope: Scope, target: ResourceRef): Promise<Problem[]>
  /** Hard recoveries since, newest first. */
  recovered(scope: Scope, since: number): Promise<Transition[]>
  transitions(
    scope: Scope,
    query: { check?: string; target?: ResourceRef; from?: number; to?: number; limit: number },
  ): Promise<Transition[]>
  notifications(scope: Scope, check: string, limit: number): Promise<NotificationRecord[]>
  /** Downtimes of the check or of its target: those to come and under way first, then the last ones that are over. */
  downtimes(scope: Scope, check: string, limit: number): Promise<StoredDowntime[]>
  /** What people wrote about the check, newest first. */
  comments(scope: Scope, check: string, limit: number): Promise<Comment[]>
  summary(scope: Scope): Promise<Record<State | 'pending' | 'unhandled', number>>
  /** Worst hard state of any check per bucket, for the strip of the last day: index 0 = oldest. */
  worst(scope: Scope, query: { from: number; to: number; step: number }): Promise<(State | null)[]>
}

/** What people may tell the alerter; journalled with who and when. */
export interface AlertCommands {
  /** False when there is no such problem in scope (or it is ok by now). */
  acknowledge(
    scope: Scope,
    check: string,
    by: string,
    comment: string,
    sticky: boolean,
    options?: AcknowledgeOptions,
  ): Promise<boolean>
  unacknowledge(scope: Scope, check: string, by: string): Promise<boolean>
  /** Plans a downtime. Null when there is no such check in scope; `reason` says what is wrong with the request. */
  scheduleDowntime(
    scope: Scope,
    request: DowntimeRequest,
  ): Promise<{ ok: true; id: string } | { ok: false; reason: string } | null>
  /** False when there is no such downtime in scope, or it is over. */
  cancelDowntime(scope: Scope, id: string, by: string): Promise<boolean>
}

/** A result from outside, for the check of a rule on a target (by id, or by a name that only one has). */
export interface PassiveResult {
  target: string
  rule: string
  state: State
  output: string
  longOutput?: string
  perfdata?: readonly Perfdata[]
}

export interface PassiveResults {
  /** In the order of the results: taken, or why not. What was taken is durable when it resolves. */
  submit(results: readonly PassiveResult[]): Promise<({ ok: true; check: string } | { ok: false; reason: string })[]>
}

export interface AcknowledgeOptions {
  /** It ends by itself then, epoch ms. */
  until?: number
  /** The comment stays when the acknowledgement ends. */
  persistent?: boolean
  /** false: those who heard of the problem are not told that somebody took it. */
  notify?: boolean
  /** Only the problem that began then (`Problem.began`), not one that came after it. */
  began?: number
}

/** Times are epoch ms. */
export interface DowntimeRequest {
  check: string
  /** For all checks of the check's target. */
  wholeTarget: boolean
  by: string
  comment: string
  start: number
  end: number
  /** Null = fixed; else it begins with the first problem between start and end, and lasts this long. */
  flexibleMs: number | null
  /** Begins and ends with this downtime instead. */
  triggeredBy?: string
}

// ------------------------------------------------------------------------------------------------------------- accounts

/** Local accounts, their sessions, and the audit trail. Secrets go in, only their hashes are kept. */
export interface AccountJournal {
  /** Throws AppError('invalid') when the name is taken or malformed. */
  add(account: { name: string; role: Role; projects: readonly string[] }, now: number): Promise<void>
  account(name: string): Promise<Account | null>
  accounts(): Promise<Account[]>
  prefer(name: string, preferences: Preferences): Promise<void>
  /** Stores the hash and closes every session of the account but `keep`. Throws AppError('invalid') for a weak password. */
  setPassword(name: string, password: string, now: number, keep: string | null): Promise<void>
  /** Takes as long for an unknown name as for a wrong password. */
  checkPassword(name: string, password: string): Promise<Account | null>
  /** Token of a link that signs in once, until `expiresAt`. Earlier links of the account stop working. */
  issueLink(name: string, now: number, expiresAt: number): Promise<string>
  /** Looks at a link without using it up. */
  link(token: string, now: number): Promise<Account | null>
  /** Uses the link up: of any number of callers one gets the account. */
  redeemLink(token: string, now: number): Promise<Account | null>
  /** Returns the session's id: a secret of the cookie that carries it. */
  openSession(name: string, now: number, expiresAt: number, from: string | null): Promise<string>
  /** The account as it is now, so that a changed role or project list counts from the next request on. */
  session(id: string, now: number): Promise<Account | null>
  closeSession(id: string, now: number): Promise<void>
  audit(entry: AuditEntry): Promise<void>
  /** Newest first. */
  trail(limit: number): Promise<AuditEntry[]>
}

// ---------------------------------------------------------------------------------------------------------------- live

/** What changed, for pages that are open now. Delivery is best effort: a page that missed one reads its fragment anew. */
export type Change =
  /** `instances`: those that the events are about. */
  | { kind: 'events'; count: number; projects: readonly string[]; instances: readonly string[] }
  | { kind: 'problem'; check: string; project: string | null; state: State; hard: boolean }
  | { kind: 'samples'; measurement: string; time: number }
  | { kind: 'inventory' }
  | { kind: 'health'; component: string }

export interface Live {
  publish(change: Change): void
  subscribe(listener: (change: Change) => void): () => void
}

// --------------------------------------------------------------------------------------------------------------- plugins

export { type Target, type TargetKind, targetKinds } from './target.ts'

/** Another check as it stands, for checks that are made of checks. */
export interface Standing {
  check: string
  rule: string
  target: Pick<Target, 'kind' | 'id' | 'name'>
  /** null = it has had no result yet. */
  state: State | null
  hard: boolean
  output: string
}

export interface CheckContext<C> {
  config: C
  target: Target
  /** Reads of one cycle are coalesced by the engine into one query for all targets. */
  store: Pick<SampleStore, 'range' | 'latest'>
  health: Pick<HealthBoard, 'all'>
  now: number
  signal: AbortSignal
  /** For what may be a cause: how what it carries is. Absent outside of a running engine. */
  cause?(): CauseView | null
  /** For a project: its instances that something fails for which is not its own. */
  impact?(): { affected: readonly { id: string; name: string | null; silent: boolean }[]; of: number }
  /** Absent where nothing may be run. */
  programs?: Programs
  /** What `$NAME$` stands for in a command about this target; undefined = it means nothing. */
  macro?: (name: string) => string | undefined
  /** What the last result said; null = there was none, or nobody remembers. */
  previous?: State | null
  /** Checks of these rules on the targets, on the own target or on what carries it. Absent where nothing else is checked. */
  others?(rules: readonly string[], on: TargetFilter | 'target' | 'host'): readonly Standing[]
}

/** Runs programs of others (monitoring plugins, notification commands) within bounds and never through a shell. */
export interface Programs {
  /** Never rejects: that it could not be run is an end too. */
  run(call: ProgramCall): Promise<ProgramEnd>
}

export interface ProgramCall {
  /** The program with its whole path, and its arguments. */
  command: readonly string[]
  /** From when it runs; then its process group is ended. */
  timeoutMs: number
  /** Besides the few variables that all programs get. */
  environment?: Readonly<Record<string, string>>
}

/** `output` and `errors` (stdout, stderr) are cut where they are long. A code from 129 on is 128 and the signal that ended it. */
export type ProgramEnd =
  | { how: 'exited'; code: number; output: string; errors: string }
  | { how: 'timeout'; afterMs: number }
  /** It printed so much that it was ended. */
  | { how: 'flooded'; bytes: number }
  /** It could not be run, or nobody can tell how it ended. */
  | { how: 'lost'; reason: string }

/**
 * A check is written for one target and run for all. It never throws for a bad world: it answers unknown. null = nothing can
 * be said yet (we have not listened long enough): the check keeps its state, whatever that is.
 */
export interface Check<C = unknown> {
  kind: 'check'
  name: string
  /** One sentence for the rules page. */
  description: string
  targets: readonly TargetKind[]
  config: ZodType<C>
  /** It waits for others (a program, a peer): it is run apart, so that no other check waits for it. */
  apart?: boolean
  /** The targets that a configuration is for, where that is not all of `targets`. */
  targetsFor?(config: C): readonly TargetKind[]
  /** It reads nothing but ranges of samples: past times can be checked as well as now. */
  replays?: boolean
  /** On a host: its problem does not mean that what the host carries does not work. */
  bystander?: boolean
  /** What a message about it shows the last hours of; absent = nothing that is measured. */
  metric?(config: C, target: ResourceRef): Metric | null
  run(ctx: CheckContext<C>): Promise<CheckResult | null>
}

export interface Message {
  kind: NotificationRecord['kind']
  problem: Problem
  transition: Omit<Transition, 'seq'> | null
  acknowledgement: Acknowledgement | null
  /** Absolute link to the problem, or null when no public URL is configured. */
  link: string | null
  /** For a hypervisor or the connection to it: how many instances run there and are counted under this problem. */
  instances: number | null
  /** What the problem takes with it, as far as the reader may see it: the first names, and how many more. */
  carries?: { instances: number; projects: number; names: readonly string[]; more: number } | null
  /** What changed just before the problem began, the likeliest first. */
  changes?: readonly Clue[]
  time: number
  /** Display zone (IANA) and language of the reader. */
  zone: string
  language: 'it' | 'en'
  /** What this reader heard of the check before: a problem state, or null for nothing and for "it is over". */
  heard?: State | null
  /** Importance of the rule. */
  importance?: number
  /** Nobody had taken the problem, so the chain went on to this reader. */
  escalation?: { chain: string; step: number; steps: number }
  /** It could not be delivered to this contact, for whom the reader stands in. */
  standsInFor?: { contact: string; notifier: string; reason: string }
  /** Takes the problem without signing in, made when the message is sent; absent where the reader may not. Never kept. */
  acknowledge?: string
  /** Several messages in one: each of them, oldest first. `problem` sums them up for notifiers that show only one. */
  items?: readonly Message[]
}

export type Delivery =
  /** `answer`: what the server said. `notice`: it was sent, but not as it was meant to be (a template that cannot be used). */
  | { ok: true; id?: string; answer?: string; notice?: string }
  /** `retryAfterMs`: the server asks not to be tried again before. */
  | { ok: false; retry: boolean; reason: string; retryAfterMs?: number }

/** The measured value that a check judges, as far as it is in the sample store. */
export interface Metric {
  measurement: string
  field: string
  /** The tags of the target's series. */
  where: Readonly<Record<string, string>>
  unit: string
}

/** The last hours of a metric: one mean per bucket, null = no data. Times are epoch ms. */
export interface MetricHistory {
  from: number
  to: number
  times: readonly number[]
  values: readonly (number | null)[]
  unit: string
}

/** A part of a message as it would be sent, without secrets. */
export interface Preview {
  title: string
  type: 'text' | 'html' | 'json'
  body: string
}

export type Render = (template: string, data: unknown) => string

export interface NotifierContext<C> {
  config: C
  /** The address or user the message is for, as the contact gives it. */
  to: string
  render: { text: Render; html: Render }
  signal: AbortSignal
  /** The id under which the first message about this problem was delivered to this address; null = this is the first. */
  conversation?(): Promise<string | null>
  /** The metric behind the problem; null = there is none. */
  history?(): Promise<MetricHistory | null>
}

export interface Notifier<C = unknown> {
  kind: 'notifier'
  name: string
  description: string
  config: ZodType<C>
  /** What is wrong with a contact's address; null = nothing that can be seen from here. */
  wrongAddress?(to: string, config: C): string | null
  /** What would be sent. */
  preview?(message: Message, ctx: NotifierContext<C>): Promise<readonly Preview[]>
  send(message: Message, ctx: NotifierContext<C>): Promise<Delivery>
}

/** A contact and how one notifier reaches it. */
export interface ReachedContact {
  contact: string
  address: string
  language: 'it' | 'en'
}

/** Notifiers, for the person who sets them up. */
export interface NotifierDesk {
  /** All that there are; those without a section send nothing. */
  notifiers(): { name: string; description: string; configured: boolean; contacts: ReachedContact[] }[]
  /** Sends a message that says that it is a test; it goes through no queue. */
  test(notifier: string, to: string, language: 'it' | 'en'): Promise<Delivery>
  /** What a message of this kind would look like; empty where the notifier cannot tell. */
  preview(notifier: string, to: string, language: 'it' | 'en', kind: Message['kind']): Promise<readonly Preview[]>
}

export type Plugin = Check | Notifier

export type { CheckState, LatestQuery, RangeQuery, RangeResult, SampleStore }
