import { dirname, join, resolve } from 'node:path'
import { noHabits } from '../alerter/people-section.ts'
import { readPeriods } from '../alerter/planning-section.ts'
import { ruleTestFile } from '../alerter/rehearsal/rule-test-file.ts'
import { runRuleTest } from '../alerter/rehearsal/run-rule-test.ts'
import { loadRules, shippedRules, withPeriods } from '../alerter/rules.ts'
import { type AlerterConfig, alerterSection, type Contact } from '../alerter/section.ts'
import { loadPlaced } from '../config/load.ts'
import { AppError, type Plugin } from '../model/contract.ts'
import { samplesInMemory } from '../store/in-memory.ts'
import { readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { findPlugins } from './plugins.ts'
import { quietLogger } from './quiet-logger.ts'
import { previewRules } from './rules-preview.ts'

/** Tests of the rules that come with Specola. */
const shippedTests = join(dirname(shippedRules), 'rules.test.yaml')

export const command: Command = {
  name: 'rules',
  summary: 'test alert rules, or replay the last days through them',
  usage: `usage: specola rules check FILE…
       specola rules test [FILE…]
       specola rules preview FILE (--config FILE | --data DIR) [--since 7d] [--rule NAME]… [--json]

check says what is wrong with a rules file. test runs files of rule tests (default: those of the rules that come with Specola)
and tells each difference as FILE:LINE:COLUMN. preview replays stored samples and changes of the last days through the rules of
FILE, with the contacts of the configuration, and says which problems it would have found and who would have been told, beside
what really happened. Embedded samples can be read while no "specola serve" has the directory open; its page Rules does the
same while it runs. docs/rules.md tells how tests are written.`,

  async run(args, io) {
    const [verb, ...rest] = args
    if (verb === 'check') return check(rest, io)
    if (verb === 'test') return test(rest, io)
    if (verb === 'preview') return previewRules(rest, io)
    throw new AppError('usage', `"${verb ?? ''}" is none of: check, test, preview`)
  },
}

async function check(args: readonly string[], io: CommandIo): Promise<number> {
  const { positionals } = readArguments({ args: [...args], allowPositionals: true, options: {} })
  if (positionals.length === 0) throw new AppError('usage', 'which file? specola rules check FILE')
  const plugins = await findPlugins()
  let wrong = false
  for (const file of positionals)
    try {
      io.out(`${file}: ${loadRules(file, plugins).length} rules, nothing wrong`)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      io.err(error.message)
      wrong = true
    }
  return wrong ? 1 : 0
}

async function test(args: readonly string[], io: CommandIo): Promise<number> {
  const { positionals } = readArguments({ args: [...args], allowPositionals: true, options: {} })
  const files = positionals.length > 0 ? positionals : [shippedTests]
  const plugins = await findPlugins()
  let failed = 0
  for (const file of files) failed += await testFile(file, plugins, io)
  return failed > 0 ? 1 : 0
}

/** How many tests of the file failed. */
async function testFile(file: string, plugins: readonly Plugin[], io: CommandIo): Promise<number> {
  const { value, place } = loadPlaced(file, ruleTestFile)
  const rulesFile = value.rules === undefined ? shippedRules : resolve(dirname(file), value.rules)
  const all = loadRules(rulesFile, plugins)
  for (const [index, name] of (value.only ?? []).entries())
    if (!all.some((rule) => rule.name === name)) {
      const { line, column } = place(['only', index])
      throw new AppError('config', `${file}:${line}:${column} only[${index}]: no rule is named "${name}" in ${rulesFile}`)
    }
  const periods = readPeriods(value.periods, value.zone, (path, message) => {
    const { line, column } = place(path)
    throw new AppError('config', `${file}:${line}:${column} ${message}`)
  })
  const config = { ...everyoneHears(plugins), rules: rulesFile, periods, groupingWaitMs: value.groupingWait }
  const rules = withPeriods(
    all.filter(({ name }) => value.only?.includes(name) ?? true),
    config,
  )
  let failed = 0
  for (const [index, one] of value.tests.entries()) {
    const parts = { rules, config, start: value.start, logger: quietLogger, openStore: samplesInMemory }
    const failures = await runRuleTest(one, parts)
    if (failures.length > 0) failed++
    for (const { path, message } of failures) {
      const { line, column } = place(['tests', index, ...path])
      io.err(`${file}:${line}:${column} ${one.name}: ${message}`)
    }
  }
  io.out(`${file}: ${value.tests.length - failed} of ${value.tests.length} tests pass`)
  return failed
}

/** One contact that hears of everything: what is told shows, whoever would be told. */
function everyoneHears(plugins: readonly Plugin[]): AlerterConfig {
  const config = alerterSection(plugins).parse({})
  const everything = ['warning', 'critical', 'unknown', 'recovery', 'flapping', 'downtime'] as const
  const noc: Contact = {
    ...{ name: 'noc', role: 'noc', projects: null, rules: null, states: everything, language: null, zone: null },
    ...{ addresses: { test: 'noc' }, period: null, importance: 0, onlyEscalated: false, habits: noHabits },
  }
  return { ...config, contacts: [noc] }
}
