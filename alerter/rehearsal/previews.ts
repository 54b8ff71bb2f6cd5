/** Previews for whoever asks: a page or the command line. One at a time, for they take the machine. */
import { readFileSync } from 'node:fs'
import { load } from '../../config/load.ts'
import type { Clock } from '../../model/clock.ts'
import {
  type AlertJournal,
  AppError,
  type Budgets,
  type Inventory,
  type Logger,
  type Plugin,
  type SampleStore,
} from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { LabelSource } from '../../model/labels.ts'
import type { PreviewAnswer, PreviewRequest, RulePreviews } from '../../model/rule-preview.ts'
import { allRules, rulesSchema, shippedRules, withPeriods } from '../rules.ts'
import type { AlerterConfig } from '../section.ts'
import { readTargets } from '../targets.ts'
import { previewOf } from './preview.ts'

export interface PreviewDeps {
  store: Pick<SampleStore, 'range'>
  alerts: Pick<AlertJournal, 'transitions' | 'problems' | 'notifications'>
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>
  health: Pick<HealthBoard, 'all'>
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
  { inventory, health, labels, budgets, plugins, ...rest }: PreviewDeps,
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
  const targets = await readTargets(inventory, health, { budgets, labels, rules })
  const to = rest.clock.now()
  return { ok: true, preview: await previewOf({ ...rest, config, rules, targets, from: to - sinceMs, to, signal }) }
}
