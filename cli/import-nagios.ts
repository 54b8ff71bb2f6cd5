import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { importNagios } from '../alerter/nagios/import.ts'
import type { Names } from '../alerter/nagios/object-lists.ts'
import { readObjects, type Source } from '../alerter/nagios/objects.ts'
import { AppError } from '../model/contract.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'

export const command: Command = {
  name: 'import-nagios',
  summary: 'read a Nagios object configuration',
  usage: `usage: specola import-nagios DIR|nagios.cfg [--resolved] [--json]

Reads the object files that DIR/nagios.cfg names, or all *.cfg below DIR if there is none: templates, inheritance, groups,
exclusions, custom variables, macros. Prints JSON (which is YAML too): {alerter: {periods, contacts, escalations}, checks: [...],
complaints}; each check with its command as a list of arguments, its interval, attempts, contacts, dependencies. What cannot be
taken is told on stderr as FILE:LINE. --resolved prints the objects as Nagios itself would see them.
Exit code 1: Nagios would not start with this configuration.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, resolved: { type: 'boolean', default: false } },
    })
    const [place] = positionals
    if (place === undefined || positionals.length > 1) throw new AppError('usage', 'which configuration? DIR')
    const main = mainFile(place)
    const settings = main ? readSettings(main) : null
    const objects = readObjects(settings ? settings.sources : filesBelow(place), { patterns: settings?.patterns ?? 'none' })
    const imported = importNagios(objects, {
      users: settings?.users ?? new Map(),
      intervalLength: settings?.intervalLength ?? 60,
    })
    for (const { file, line, message, fatal } of imported.complaints) io.err(`${file}:${line} ${fatal ? '' : 'note: '}${message}`)
    if (values.resolved) {
      const plain = [...objects.hosts.values(), ...objects.services.values(), ...objects.dependencies, ...objects.escalations]
      const groups = [...objects.hostgroups.values()].map(({ name, alias, members }) => ({
        ...{ type: 'hostgroup', hostgroup_name: name, alias },
        ...(members.length > 0 ? { members: members.join(',') } : {}),
      }))
      const listed = plain.map(({ kind, values: texts }) => ({ type: kind, ...Object.fromEntries(texts) }))
      io.out(JSON.stringify({ valid: objects.valid, objects: [...groups, ...listed] }))
    } else io.out(JSON.stringify(imported, null, values.json ? 0 : 2))
    return objects.valid ? 0 : 1
  },
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
  users: Map<number, string>
  intervalLength: number
  patterns: Names['patterns']
}

/** The main file: which object files there are, `$USERn$`, the unit of intervals. Paths are relative to it. */
function readSettings(main: string): Settings {
  const settings: Settings = { sources: [], users: new Map(), intervalLength: 60, patterns: 'none' }
  const at = (path: string) => resolve(dirname(main), path)
  for (const [name, value] of assignments(readFileSync(main, 'utf8'))) {
    if (name === 'cfg_file') settings.sources.push({ file: at(value), text: readPart(at(value), main) })
    else if (name === 'cfg_dir') settings.sources.push(...filesBelow(existing(at(value), main)))
    else if (name === 'resource_file') {
      for (const [user, text] of assignments(readPart(at(value), main))) {
        const n = /^\$USER(\d+)\$$/.exec(user)?.[1]
        if (n !== undefined) settings.users.set(Number(n), text)
      }
    } else if (name === 'interval_length') settings.intervalLength = Number(value)
    else if (name === 'use_true_regexp_matching' && value === '1') settings.patterns = 'all'
    else if (name === 'use_regexp_matching' && value === '1' && settings.patterns === 'none') settings.patterns = 'marked'
  }
  return settings
}

const assignments = (text: string): [string, string][] =>
  text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const found = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    return found ? [[found[1] as string, found[2] as string]] : []
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
