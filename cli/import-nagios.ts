import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type ImportSettings, importNagios, nagiosDefaults } from '../alerter/nagios/import.ts'
import type { MainLine } from '../alerter/nagios/making.ts'
import type { Names } from '../alerter/nagios/object-lists.ts'
import { type NagiosObjects, readObjects, type Source } from '../alerter/nagios/objects.ts'
import { AppError } from '../model/contract.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'

export const command: Command = {
  name: 'import-nagios',
  summary: 'a Nagios configuration as one of Specola',
  usage: `usage: specola import-nagios DIR|nagios.cfg [--shell] [--event-handlers] [--json] [--resolved]

Reads the object files that DIR/nagios.cfg names, or all *.cfg below DIR if there is none: templates, inheritance, groups,
exclusions, custom variables, macros. Prints a configuration (JSON, which is YAML too) with periods, contacts and devices, each with
its own check and its services:
  specola import-nagios /etc/nagios4 > nagios.yaml && specola serve --config nagios.yaml
or name it in yours: alerter: { include: nagios.yaml }. What cannot be taken is told on stderr as FILE:LINE. Commands become lists of
arguments; --shell takes those too that only a shell can run. $USERn$ stay in Nagios' own resource file. --json prints one line,
--resolved the objects as Nagios itself would see them. Event handlers are taken, but run only with --event-handlers (or
alerter: { commands: { eventHandlers: true } } in the configuration that includes the file): not while Nagios still runs them too.
Exit code 1: Nagios would not start with this configuration.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        resolved: { type: 'boolean', default: false },
        shell: { type: 'boolean', default: false },
        'event-handlers': { type: 'boolean', default: false },
      },
    })
    const [place] = positionals
    if (place === undefined || positionals.length > 1) throw new AppError('usage', 'which configuration? DIR')
    const main = mainFile(place)
    const settings = main ? readSettings(main) : null
    const objects = readObjects(settings ? settings.sources : filesBelow(place), { patterns: settings?.patterns ?? 'none' })
    const own = { shell: values.shell, runHandlers: values['event-handlers'] }
    const imported = importNagios(objects, { ...nagiosDefaults, ...settings?.checks, ...own })
    for (const { file, line, message, fatal } of imported.complaints) io.err(`${file}:${line} ${fatal ? '' : 'note: '}${message}`)
    if (imported.handled > 0 && !values['event-handlers'])
      io.err(`note: the event handlers of ${imported.handled} checks are taken and switched off: --event-handlers has them run`)
    if (values.resolved) io.out(JSON.stringify({ valid: objects.valid, objects: resolvedObjects(objects) }))
    else io.out(JSON.stringify({ alerter: imported.alerter }, null, values.json ? 0 : 2))
    return objects.valid ? 0 : 1
  },
}

function resolvedObjects(objects: NagiosObjects): Record<string, string>[] {
  const plain = [...objects.hosts.values(), ...objects.services.values(), ...objects.dependencies, ...objects.escalations]
  const groups = [...objects.hostgroups.values()].map(({ name, alias, members }) => ({
    ...{ type: 'hostgroup', hostgroup_name: name, alias },
    ...(members.length > 0 ? { members: members.join(',') } : {}),
  }))
  return [...groups, ...plain.map(({ kind, values: texts }) => ({ type: kind, ...Object.fromEntries(texts) }))]
}

/** `nagios.cfg` given or found; null = a bare directory of object files. */
function mainFile(place: string): string | null {
  let directory: boolean
  try {
    directory = statSync(place).isDirectory()
  } catch {
    throw new AppError('not-found', `${place}: there is no such file or directory`)
  }
  if (!directory) return place
  return readdirSync(place).includes('nagios.cfg') ? join(place, 'nagios.cfg') : null
}

function filesBelow(directory: string): Source[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.cfg'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
}

interface Settings {
  sources: Source[]
  patterns: Names['patterns']
  checks: ImportSettings
}

/** The main file: which object files there are, and what holds for all checks. Paths are relative to it. */
function readSettings(main: string): Settings {
  const at = (path: string) => resolve(dirname(main), path)
  const sources: Source[] = []
  const said = new Map<string, string>()
  const lines = new Map<string, MainLine>()
  for (const { name, value, line } of assignments(readFileSync(main, 'utf8'))) {
    lines.set(name, { text: value, file: main, line })
    if (name === 'cfg_file') sources.push({ file: at(value), text: readPart(at(value), main) })
    else if (name === 'cfg_dir') sources.push(...filesBelow(existing(at(value), main)))
    else said.set(name, value)
  }
  const number = (name: string, usual: number) => Number(said.get(name) ?? usual)
  const resources = said.get('resource_file')
  const flapping = (of: 'host' | 'service') =>
    said.get('enable_flap_detection') === '0'
      ? null
      : { low: number(`low_${of}_flap_threshold`, 20), high: number(`high_${of}_flap_threshold`, 30) }
  const states = { o: 'ok', w: 'warning', c: 'critical', u: 'unknown' } as const
  const { intervalLength, hostTimeout, serviceTimeout } = nagiosDefaults
  return {
    sources,
    patterns: said.get('use_true_regexp_matching') === '1' ? 'all' : said.get('use_regexp_matching') === '1' ? 'marked' : 'none',
    checks: {
      ...nagiosDefaults,
      intervalLength: number('interval_length', intervalLength),
      hostTimeout: number('host_check_timeout', hostTimeout),
      serviceTimeout: number('service_check_timeout', serviceTimeout),
      timeoutState: states[(said.get('service_check_timeout_state') ?? 'c') as keyof typeof states] ?? 'critical',
      aggressive: said.get('use_aggressive_host_checking') === '1',
      ...{ hostFlapping: flapping('host'), serviceFlapping: flapping('service') },
      resourceFile: resources === undefined ? null : existing(at(resources), main),
      adminEmail: said.get('admin_email') ?? null,
      eventHandlers: said.get('enable_event_handlers') !== '0',
      eventHandlerTimeout: number('event_handler_timeout', 30),
      globalHostHandler: lines.get('global_host_event_handler') ?? null,
      globalServiceHandler: lines.get('global_service_event_handler') ?? null,
    },
  }
}

const assignments = (text: string): { name: string; value: string; line: number }[] =>
  text.split(/\r?\n/).flatMap((written, index) => {
    const found = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(written)
    return found ? [{ name: found[1] as string, value: found[2] as string, line: index + 1 }] : []
  })

function existing(path: string, main: string): string {
  try {
    statSync(path)
  } catch {
    throw new AppError('not-found', `${main}: names ${path}, which is not there`)
  }
  return path
}

const readPart = (path: string, main: string) => readFileSync(existing(path, main), 'utf8')
