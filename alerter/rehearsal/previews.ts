/** Previews for whoever asks: a page or the command line. One at a time, for they take the machine. */
import { readFileSync } from 'node:fs'
import { load } from '../../config/load.ts'
import { everything } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import {
  type AlertJournal,
  AppError,
  type Budgets,
  type Inventory,
  type Logger,
  type Plugin,
  type SampleStore,
  type UsageJournal,
} from '../../model/contract.ts'
import type { ComponentHealth, HealthBoard } from '../../model/health.ts'
import type { LabelSource } from '../../model/labels.ts'
import type { PreviewAnswer, PreviewRequest, RulePreviews } from '../../model/rule-preview.ts'
import { noFacts, type TopologyFacts } from '../../model/topology.ts'
import type { AlertWriter, StoredCheck } from '../../model/tracked-check.ts'
import { causeTargetsOf } from '../cause-targets.ts'
import { allRules, rulesSchema, shippedRules, withPeriods } from '../rules.ts'
import type { AlerterConfig } from '../section.ts'
import { readTargets } from '../targets.ts'
import { pastTopology } from './past-topology.ts'
import { previewOf } from './preview.ts'

export interface PreviewDeps {
  store: Pick<SampleStore, 'range'>
  alerts: Pick<AlertJournal & AlertWriter, 'transitions' | 'problems' | 'notifications' | 'stored'>
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>
  health: Pick<HealthBoard, 'all'>
  /** What carries what now; default: nothing is known. */
  topology?: () => Promise<TopologyFacts>
  /** Where instances ran. */
  ledger?: Pick<UsageJournal, 'segmentsWithin'>
  labels: LabelSource
  budgets?: Budgets
  plugins: readonly Plugin[]
  clock: Clock
  logger: Logger
  /** A preview ends after so long with what it has. */
  mostMs: number
  progress?(now: number): void
}

export function rulePreviews(config: AlerterConfig, deps: PreviewDeps): RulePreviews {
  let busy = false
  return {
    current: () => readFileSync(config.rules ?? shippedRules, 'utf8'),
    async preview(request, signal) {
      if (busy) throw new AppError('unreachable', 'another preview is under way; try again when it is done')
      busy = true
      try {
        return await make(config, deps, request, signal)
      } finally {
        busy = false
      }
    },
  }
}

async function make(
  config: AlerterConfig,
  { inventory, health, topology, ledger, labels, budgets, plugins, ...rest }: PreviewDeps,
  { text, sinceMs, only }: PreviewRequest,
  signal: AbortSignal,
): Promise<PreviewAnswer> {
  const loaded = load(text, rulesSchema(plugins))
  if (!loaded.ok) return loaded
  const all = allRules(loaded.value)
  const unknown = only.find((name) => !all.some((rule) => rule.name === name))
  if (unknown !== undefined)
    return { ok: false, errors: [{ line: 1, column: 1, path: '', message: `no rule is named "${unknown}"` }] }
  let rules: ReturnType<typeof withPeriods>
  try {
    rules = withPeriods(
      all.filter(({ name }) => only.length === 0 || only.includes(name)),
      config,
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { ok: false, errors: [{ line: 1, column: 1, path: '', message: error.message }] }
  }
  const facts = (await topology?.()) ?? noFacts
  const to = rest.clock.now()
  const from = to - sinceMs
  const board = knownBoard(health.all(), await rest.alerts.stored())
  const causes = causeTargetsOf(facts, rules)
  const targets = await readTargets(inventory, { all: () => board }, { budgets, labels, rules, causes })
  const past = pastTopology({ facts, segments: ledger?.segmentsWithin(everything, { from, to }) ?? [], from, to })
  return { ok: true, preview: await previewOf({ ...rest, config, rules, targets, topology: past, board, from, to, signal }) }
}

/** Where nothing runs (the command line), the parts of Specola are those whose checks are remembered. */
function knownBoard(board: readonly ComponentHealth[], stored: readonly StoredCheck[]): readonly ComponentHealth[] {
  if (board.length > 0) return board
  const connections = new Map(
    stored.flatMap((one) => (one.target.kind === 'connection' ? [[one.target.id, one.host] as const] : [])),
  )
  return [...connections].map(([component, host]) => ({
    ...{ component, kind: kindOf(component), state: 'ok', detail: '', since: 0, at: 0, numbers: {} },
    ...(host !== null && { host }),
  }))
}

/** Components begin with their kind, but for agents, who are heard by a broker. */
const kindOf = (component: string): ComponentHealth['kind'] => {
  const [word = ''] = component.split(' ')
  if (word === 'agents') return 'amqp'
  return shownKinds.find((kind) => kind === word) ?? (word.startsWith('notify-') || word === 'heartbeat' ? 'notifier' : 'on-call')
}
const shownKinds = ['amqp', 'queue', 'completeness', 'libvirt', 'ganglia', 'openstack', 'store'] as const
