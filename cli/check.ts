import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bounded } from '../alerter/problem.ts'
import { load, loadFile } from '../config/load.ts'
import { everything } from '../model/access.ts'
import { type CheckResult, states } from '../model/check.ts'
import { systemClock } from '../model/clock.ts'
import { AppError, type Check, type SampleStore, type Target, type TargetKind } from '../model/contract.ts'
import { printPerfdata } from '../model/perfdata.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { inventory } from '../store/journal/inventory.ts'
import { openSampleStore, type StoreConfig, storeSection } from '../store/open.ts'
import type { Command } from './command.ts'
import { findPlugins } from './plugins.ts'
import { projectTarget } from './project-target.ts'
import { quietLogger } from './quiet-logger.ts'

export const command: Command = {
  name: 'check',
  summary: 'run one check once, as a Nagios plugin',
  usage: `usage: specola check CHECK --instance ID (--data DIR | --config FILE) [--KEY VALUE…]
       specola check CHECK --hypervisor HOST …
       specola check budget --project ID --config FILE [--threshold 2] [--looks forecast]

Prints "text | perfdata" and exits 0 ok, 1 warning, 2 critical, 3 unknown; whatever goes wrong is 3. Every other --KEY VALUE goes
to the check: specola check cpu --instance ID --data DIR --warn 80 --crit 95 --window 5m. Embedded samples can be read while no
"specola serve" has the directory open; with an InfluxDB store at any time. --timeout 30s ends it.`,

  async run(args, io) {
    const result = await runOnce(args).catch((error: Error): CheckResult => {
      if (!(error instanceof AppError)) throw error
      return { state: 'unknown', output: error.message.replaceAll('\n', '; '), perfdata: [] }
    })
    const { state, output, longOutput, perfdata } = bounded(result)
    const numbers = perfdata.length > 0 ? ` | ${printPerfdata(perfdata)}` : ''
    // A bar in the text would be read as the beginning of perfdata.
    io.out(
      `${state.toUpperCase()} - ${output.replaceAll('|', '/')}${numbers}${longOutput ? `\n${longOutput.replaceAll('|', '/')}` : ''}`,
    )
    return states.indexOf(state)
  },
}

interface Asked {
  name: string
  kind: TargetKind
  id: string
  data: string | null
  config: string | null
  timeoutMs: number
  options: Record<string, string>
}

async function runOnce(args: readonly string[]): Promise<CheckResult> {
  const asked = readAsked(args)
  const checks = (await findPlugins()).filter((plugin) => plugin.kind === 'check')
  const check = checks.find(({ name }) => name === asked.name)
  if (!check) throw new AppError('usage', `no check "${asked.name}"; there are: ${checks.map(({ name }) => name).join(', ')}`)
  if (!check.targets.includes(asked.kind))
    throw new AppError('usage', `check ${check.name} looks at ${check.targets.join(' and ')}, not at ${asked.kind}`)
  if (asked.kind === 'connection')
    throw new AppError('usage', 'connections are known only to the running "specola serve": see its /healthz and /metrics')
  const config = readConfig(check, asked.options)
  if (asked.kind === 'project') {
    const target = await projectTarget(asked.config, asked.id)
    return within(asked.timeoutMs, (signal) => run(check, config, target, noSamples, signal))
  }
  const { directory, store: section } = storeOf(asked)
  const target = await targetOf(asked, directory)
  const store = await openSampleStore(section, { directory, clock: systemClock, logger: quietLogger })
  try {
    return await within(asked.timeoutMs, (signal) => run(check, config, target, store, signal))
  } finally {
    await store.close()
  }
}

/** For checks of what is not measured. */
const noSamples: Pick<SampleStore, 'range' | 'latest'> = {
  range: async () => ({ times: [], series: [] }),
  latest: async () => [],
}

const run = async (
  check: Check,
  config: unknown,
  target: Target,
  store: Pick<SampleStore, 'range' | 'latest'>,
  signal: AbortSignal,
): Promise<CheckResult> =>
  (await check.run({ config, target, store, health: { all: () => [] }, now: systemClock.now(), signal })) ?? {
    ...{ state: 'unknown', output: 'nothing can be said: no readings', perfdata: [] },
  }

async function within(ms: number, work: (signal: AbortSignal) => Promise<CheckResult>): Promise<CheckResult> {
  const over = new AbortController()
  const late = systemClock.sleep(ms, over.signal).then(
    () => {
      throw new AppError('unreachable', `no answer within ${ms / 1000} s`)
    },
    () => new Promise<never>(() => {}), // the work was done in time
  )
  try {
    return await Promise.race([work(over.signal), late])
  } finally {
    over.abort(new AppError('unreachable', 'over'))
  }
}

function readAsked(args: readonly string[]): Asked {
  const [name, ...rest] = args
  if (name === undefined || name.startsWith('-')) throw new AppError('usage', 'which check? specola check CHECK …')
  const options: Record<string, string> = {}
  for (let i = 0; i < rest.length; i += 2) {
    const [key = '', value] = [rest[i], rest[i + 1]]
    if (!key.startsWith('--') || value === undefined) throw new AppError('usage', `"${key}" is no --KEY VALUE`)
    options[key.slice(2)] = value
  }
  const { data, config, timeout, instance, hypervisor, connection, project, ...own } = options
  const targets = Object.entries({ instance, hypervisor, connection, project }).filter(([, id]) => id !== undefined)
  const [target] = targets
  if (!target || targets.length > 1)
    throw new AppError('usage', 'one target is needed: --instance ID, --hypervisor HOST or --project ID')
  if ((data === undefined) === (config === undefined))
    throw new AppError('usage', 'where are the samples? --data DIR or --config FILE')
  const timeoutMs = Number(/^(\d+)(?:s)?$/.exec(timeout ?? '30s')?.[1] ?? Number.NaN) * 1000
  if (!(timeoutMs > 0)) throw new AppError('usage', `--timeout: "${timeout}" is no number of seconds`)
  const [kind, id] = target as [TargetKind, string]
  return { ...{ name, kind, id, timeoutMs, options: own }, data: data ?? null, config: config ?? null }
}

/** The command line knows only text: where the check wants a number or a yes, it is read as one. */
function readConfig(check: Check, options: Readonly<Record<string, string>>): unknown {
  const given: Record<string, unknown> = { ...options }
  const first = check.config.safeParse(given)
  if (first.success) return first.data
  for (const { path } of first.error.issues) {
    const key = String(path[0] ?? '')
    const text = options[key]
    if (text === 'true' || text === 'false') given[key] = text === 'true'
    else if (text !== undefined && text.trim() !== '' && Number.isFinite(Number(text))) given[key] = Number(text)
  }
  const second = check.config.safeParse(given)
  if (second.success) return second.data
  throw new AppError('usage', second.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '))
}

function storeOf({ data, config }: Asked): { directory: string; store: StoreConfig } {
  const schema = z.object({ data: z.string().min(1).default('/var/lib/specola'), store: storeSection })
  if (config !== null) {
    const { data: directory, store } = loadFile(config, schema)
    return { directory, store }
  }
  const loaded = load('', schema)
  if (!loaded.ok || data === null) throw new AppError('config', 'the default store cannot be configured')
  if (!existsSync(join(data, 'samples'))) throw new AppError('not-found', `${data}: no samples here`)
  return { directory: data, store: loaded.value.store }
}

async function targetOf({ kind, id }: Asked, directory: string): Promise<Target> {
  if (kind !== 'instance' || !existsSync(join(directory, 'journal.sqlite')))
    return { kind, id, name: id, project: null, host: kind === 'hypervisor' ? id : null, instance: null }
  const db = openDatabaseReadOnly(directory)
  try {
    const instance = await inventory(db).instance(everything, id)
    return { kind, id, name: instance?.name ?? id, project: instance?.project ?? null, host: instance?.host ?? null, instance }
  } finally {
    db.close()
  }
}
