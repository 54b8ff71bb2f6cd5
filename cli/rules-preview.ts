/** `specola rules preview`: a changed rules file over the last days. */
import { readFileSync } from 'node:fs'
import { rulePreviews } from '../alerter/rehearsal/previews.ts'
import { durationMs } from '../config/fields.ts'
import { formatError } from '../config/load.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError, type Logger } from '../model/contract.ts'
import type { RulePreview } from '../model/rule-preview.ts'
import { alertJournal } from '../store/journal/alerts.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { inventory } from '../store/journal/inventory.ts'
import { labelSource } from '../store/journal/labels.ts'
import { topologyFacts } from '../store/journal/topology.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { openSampleStore } from '../store/open.ts'
import { readArguments } from './arguments.ts'
import type { CommandIo } from './command.ts'
import { configurationFrom, defaultConfiguration, regionsOf } from './configuration.ts'
import { findPlugins } from './plugins.ts'
import { printable } from './printable.ts'
import { quietLogger } from './quiet-logger.ts'

const mostMs = 30 * 60_000

export async function previewRules(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      data: { type: 'string' },
      since: { type: 'string', default: '7d' },
      rule: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new AppError('usage', 'which file? specola rules preview FILE')
  if (values.config === undefined && values.data === undefined)
    throw new AppError('usage', 'of which cloud? --config FILE or --data DIR')
  const sinceMs = durationMs(values.since ?? '')
  if (sinceMs === null || sinceMs <= 0) throw new AppError('usage', `--since: "${values.since}" is no length of time (6h, 7d)`)
  const plugins = await findPlugins()
  const config = values.config === undefined ? defaultConfiguration(plugins) : configurationFrom(values.config, plugins)
  const directory = values.data ?? config.data
  const db = openDatabaseReadOnly(directory)
  const store = await openSampleStore(config.store, { directory, clock, logger: quietLogger })
  try {
    const previews = rulePreviews(config.alerter, {
      ...{ store, plugins, clock, mostMs, logger: warnings(io), alerts: alertJournal(db), inventory: inventory(db) },
      ...{ labels: labelSource(db), health: { all: () => [] }, ledger: usageJournal(db, clock) },
      topology: topologyFacts(db, () => regionsOf(config)),
    })
    const answer = await previews.preview({ text: read(file), sinceMs, only: values.rule ?? [] }, new AbortController().signal)
    if (!answer.ok) {
      for (const error of answer.errors) io.err(formatError(file, error))
      return 2
    }
    io.out(values.json ? JSON.stringify(answer.preview) : textOf(answer.preview))
    return 0
  } finally {
    await store.close()
    db.close()
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('config', `${file}: cannot read it: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

const warnings = (io: CommandIo): Logger => ({
  ...quietLogger,
  warn: (message) => io.err(message),
  error: (message) => io.err(message),
})

const mostLines = 40

function textOf({ from, to, rules, contacts, problems, problemCount, cutShort, queries, tookMs }: RulePreview): string {
  const moment = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ')
  const sources = { samples: 'stored samples', states: 'states as recorded', checks: 'other checks' }
  const lines = [
    `${moment(from)} to ${moment(to)} UTC${cutShort ? ' (broken off: out of time)' : ''}, ${queries} store queries, ${Math.round(tookMs / 100) / 10} s`,
    '',
    'rule                           targets  problems  also really  missed  really  made of',
    ...rules.map(
      ({ name, targets, found, also, missed, real, from: source, every }) =>
        `${name.padEnd(30)} ${String(targets).padStart(7)} ${String(found).padStart(9)} ${String(also).padStart(12)} ${String(missed).padStart(7)} ${String(real).padStart(7)}  ${sources[source]}${every ? `, looked at every ${every / 60_000} min` : ''}`,
    ),
    '',
    ...(contacts.length === 0
      ? ['nobody would be told: the configuration has no contacts']
      : ['contact                        would be told  at night  was told  at night']),
    ...contacts.map(
      ({ name, told, atNight, really, reallyAtNight }) =>
        `${printable(name).padEnd(30)} ${String(told).padStart(13)} ${String(atNight).padStart(9)} ${String(really).padStart(9)} ${String(reallyAtNight).padStart(9)}`,
    ),
    '',
    ...problems.slice(0, mostLines).map((one) => {
      const name = printable(one.target.name ?? one.target.id)
      const told = one.told.length > 0 ? `, tells ${one.told.map(printable).join(', ')}` : ''
      return `${moment(one.from)} – ${one.to === null ? 'now' : moment(one.to)}  ${one.state}: ${one.rule} on ${name}: ${printable(one.output)}${one.real ? '' : ' (was none)'}${told}`
    }),
    ...(problemCount > mostLines ? [`and ${problemCount - mostLines} more`] : []),
  ]
  return lines.join('\n')
}
