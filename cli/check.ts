import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bounded } from '../alerter/problem.ts'
import { duration } from '../config/fields.ts'
import { load, loadFile } from '../config/load.ts'
import { everything } from '../model/access.ts'
import { type CheckResult, exitCode } from '../model/check.ts'
import { systemClock } from '../model/clock.ts'
import { AppError, type Check, type CheckContext, type SampleStore, type Target, type TargetKind } from '../model/contract.ts'
import { printPerfdata } from '../model/perfdata.ts'
import { openPrograms } from '../plugins/check-command/programs.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { inventory } from '../store/journal/inventory.ts'
import { openSampleStore, type StoreConfig, storeSection } from '../store/open.ts'
import { checkHelp } from './check-help.ts'
import type { Command } from './command.ts'
import { findPlugins } from './plugins.ts'
import { projectTarget } from './project-target.ts'
import { quietLogger } from './quiet-logger.ts'
import { storedCheck } from './stored-check.ts'

export const command: Command = {
  name: 'check',
  summary: 'run one check once, as a Nagios plugin',
  usage: `usage: specola check CHECK --instance ID (--data DIR | --config FILE) [--KEY VALUE…]
       specola check CHECK --hypervisor HOST …
       specola check budget --project ID --config FILE [--threshold 2] [--looks forecast]
       specola check nrpe --device NAME [--address ADDRESS] --command check_load
       specola check --rule RULE --instance|--hypervisor|--connection|--project|--device NAME (--data DIR | --config FILE) [--max-age 15m]
       specola check CHECK --help

Prints "text | perfdata" and exits 0 ok, 1 warning, 2 critical, 3 unknown or no data; whatever goes wrong is 3. Every other --KEY VALUE goes
to the check: specola check cpu --instance ID --data DIR --warn 80 --crit 95 --window 5m. Embedded samples can be read while no
"specola serve" has the directory open; with an InfluxDB store at any time. With --rule it prints what the running Specola last
said, from its journal, at any time; a result older than --max-age is unknown. --timeout 30s ends it.`,

  help: checkHelp,

  async run(args, io) {
    const result = await runOnce(args).catch((error: Error): CheckResult => {
      // To whoever runs it as a plugin any other exit code would mean something.
      return { state: 'unknown', output: error.message.replaceAll('\n', '; '), perfdata: [] }
    })
    const { state, output, longOutput, perfdata } = bounded(result)
    const numbers = perfdata.length > 0 ? ` | ${printPerfdata(perfdata)}` : ''
    // A bar in the text would be read as the beginning of perfdata.
    io.out(
      `${state === 'nodata' ? 'UNKNOWN - NO DATA:' : `${state.toUpperCase()} -`} ${output.replaceAll('|', '/')}${numbers}${longOutput ? `\n${longOutput.replaceAll('|', '/')}` : ''}`,
    )
    return exitCode(state)
  },
}

interface Asked {
  name: string
  kind: TargetKind
  id: string
  data: string | null
  config: string | null
  timeoutMs: number
  /** Ask for what a rule's check last said. */
  rule: string | null
  maxAgeMs: number
  /** Of a device. */
  address: string | null
  options: Record<string, string>
}

async function runOnce(args: readonly string[]): Promise<CheckResult> {
  const asked = readAsked(args)
  if (asked.rule !== null) return lastSaid(asked, asked.rule)
  const checks = (await findPlugins()).filter((plugin) => plugin.kind === 'check')
  const check = checks.find(({ name }) => name === asked.name)
  if (!check) throw new AppError('usage', `no check "${asked.name}"; there are: ${checks.map(({ name }) => name).join(', ')}`)
  if (!check.targets.includes(asked.kind))
    throw new AppError('usage', `check ${check.name} looks at ${check.targets.join(' and ')}, not at ${asked.kind}`)
  if (asked.kind === 'connection')
    throw new AppError('usage', 'connections are known only to the running "specola serve": see its /healthz and /metrics')
  const config = readConfig(check, asked.options)
  if (asked.kind === 'device') return within(asked.timeoutMs, (signal) => runOnDevice(check, config, asked, signal))
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
  outside: Pick<CheckContext<unknown>, 'programs' | 'macro'> = {},
): Promise<CheckResult> =>
  (await check.run({ config, target, store, health: { all: () => [] }, now: systemClock.now(), signal, ...outside })) ?? {
    ...{ state: 'nodata', output: 'nothing can be said: no readings', perfdata: [] },
  }

async function runOnDevice(check: Check, config: unknown, { id, address }: Asked, signal: AbortSignal): Promise<CheckResult> {
  const device = { address: address ?? id, alias: id, groups: [], parents: [], variables: {} }
  const target: Target = { kind: 'device', id, name: id, project: null, host: null, instance: null, device }
  const macros = new Map(Object.entries({ HOSTNAME: id, HOSTALIAS: id, HOSTADDRESS: device.address }))
  const programs = openPrograms({ user: null, environment: {}, atOnce: 1 }, { clock: systemClock, logger: quietLogger })
  try {
    const outside = { programs, macro: (name: string) => macros.get(name) }
    return await run(check, config, target, noSamples, signal, outside)
  } finally {
    await programs.close()
  }
}

async function lastSaid({ kind, id, data, config, options, maxAgeMs }: Asked, rule: string): Promise<CheckResult> {
  const [foreign] = Object.keys(options)
  if (foreign !== undefined) throw new AppError('usage', `--${foreign}: with --rule the rule says how it is checked`)
  const { directory } = config === null ? { directory: data ?? '' } : storeOf({ data, config })
  return storedCheck({ directory, rule, kind, target: id, now: systemClock.now(), maxAgeMs })
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
  const byRule = args.includes('--rule')
  const [name = '', ...rest] = byRule ? ['', ...args] : args
  if (!byRule && (name === '' || name.startsWith('-'))) throw new AppError('usage', 'which check? specola check CHECK …')
  const options: Record<string, string> = {}
  for (let i = 0; i < rest.length; i += 2) {
    const [key = '', value] = [rest[i], rest[i + 1]]
    if (!key.startsWith('--') || value === undefined) throw new AppError('usage', `"${key}" is no --KEY VALUE`)
    options[key.slice(2)] = value
  }
  const { data, config, timeout, rule, address, 'max-age': maxAge, ...more } = options
  const { instance, hypervisor, connection, project, device, ...own } = more
  const targets = Object.entries({ instance, hypervisor, connection, project, device }).filter(([, id]) => id !== undefined)
  const [target] = targets
  if (!target || targets.length > 1)
    throw new AppError('usage', 'one target is needed: --instance ID, --hypervisor HOST, --project ID or --device NAME')
  if ((device === undefined || rule !== undefined) && (data === undefined) === (config === undefined))
    throw new AppError('usage', 'where are the samples? --data DIR or --config FILE')
  const timeoutMs = Number(/^(\d+)(?:s)?$/.exec(timeout ?? '30s')?.[1] ?? Number.NaN) * 1000
  if (!(timeoutMs > 0)) throw new AppError('usage', `--timeout: "${timeout}" is no number of seconds`)
  const [kind, id] = target as [TargetKind, string]
  const age = duration.safeParse(maxAge ?? '15m')
  if (!age.success) throw new AppError('usage', `--max-age: ${age.error.issues[0]?.message}`)
  return {
    ...{ name, kind, id, timeoutMs, options: own, maxAgeMs: age.data },
    ...{ data: data ?? null, config: config ?? null, rule: rule ?? null, address: address ?? null },
  }
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
    else if (text !== undefined && /^[[{]/.test(text)) given[key] = fromJson(text, key)
  }
  const second = check.config.safeParse(given)
  if (second.success) return second.data
  throw new AppError('usage', second.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '))
}

function fromJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('usage', `--${key}: a list or map is written as JSON: ["a", "b"]`)
  }
}

function storeOf({ data, config }: Pick<Asked, 'data' | 'config'>): { directory: string; store: StoreConfig } {
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
