#!/usr/bin/env node
/** The `specola` command: finds the subcommand, runs it, turns failures into one clear line and an exit code. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import type { Command, CommandIo } from './cli/command.ts'
import { weighHeap } from './cli/heap.ts'
import { type ServeProgram, serveProgram } from './cli/serve-program.ts'
import { AppError } from './model/contract.ts'

/**
 * In a checkout Node strips the types of every file that it loads: 25 MiB and half a second that are spent once. The cache is
 * beside what it was made of, so that nobody else can write there; where we cannot either, there is none.
 */
enableCompileCache(join(import.meta.dirname, 'node_modules', '.cache', 'specola'))

/**
 * In the order of use: run it, take in what was, ask it, look inside. Loaded when asked for, so that `specola parse` does
 * not pay for DuckDB.
 */
const commands: Record<string, () => Promise<{ command: Command }>> = {
  serve: () => serving(serveProgram(process.argv)),
  config: () => import('./cli/config.ts'),
  account: () => import('./cli/account.ts'),
  doctor: () => import('./cli/doctor.ts'),
  backfill: () => import('./cli/backfill.ts'),
  verify: () => import('./cli/verify.ts'),
  import: () => import('./cli/import.ts'),
  'import-nagios': () => import('./cli/import-nagios.ts'),
  decode: () => import('./cli/decode.ts'),
  usage: () => import('./cli/usage.ts'),
  report: () => import('./cli/report.ts'),
  fatigue: () => import('./cli/fatigue.ts'),
  month: () => import('./cli/month.ts'),
  completeness: () => import('./cli/completeness.ts'),
  timeline: () => import('./cli/timeline.ts'),
  oncall: () => import('./cli/oncall.ts'),
  why: () => import('./cli/why.ts'),
  check: () => import('./cli/check.ts'),
  notify: () => import('./cli/notify.ts'),
  simulate: () => import('./cli/simulate.ts'),
  rules: () => import('./cli/rules.ts'),
  parse: () => import('./cli/parse.ts'),
  libvirt: () => import('./cli/libvirt.ts'),
}

/** What runs on a hypervisor does without pages, alerts and reports, in memory too. */
function serving(program: ServeProgram): Promise<{ command: Command }> {
  if (program === 'whole') return import('./cli/serve.ts')
  weighHeap('small')
  return program === 'agent' ? import('./cli/agent.ts') : import('./cli/collector.ts')
}

const io: CommandIo = {
  out: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  err: (text) => process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
}

async function help(topic: string | undefined): Promise<number> {
  const load = topic === undefined ? undefined : commands[topic]
  if (load) {
    io.out((await load()).command.usage)
    return 0
  }
  io.out('specola, the observatory of OpenStack clouds\n\nusage: specola COMMAND …\n')
  for (const load of Object.values(commands)) {
    const { command } = await load()
    io.out(`  ${command.name.padEnd(14)} ${command.summary}`)
  }
  io.out('\nspecola help COMMAND tells how a command is called.')
  return 0
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(rest[0])
  const load = commands[name]
  if (!load) {
    io.err(`specola: no command "${name}"; there are: ${Object.keys(commands).join(', ')}`)
    return 2
  }
  const { command } = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out((await command.help?.(rest)) ?? command.usage)
    return 0
  }
  try {
    return await command.run(rest, io)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    io.err(error.message)
    if (error.code === 'usage') io.err(command.usage)
    return error.code === 'usage' || error.code === 'config' || error.code === 'locked' ? 2 : 1
  }
}

// what Specola writes is for its own user and group
process.umask(0o027)
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await main(process.argv.slice(2))
