import { AppError, type SampleStore } from '../model/contract.ts'
import { printDecimal } from '../model/decimal.ts'
import { applyRerating, closeMonth, periodOf, reasonOf, rerate } from '../reports/months.ts'
import { type Database, openDatabase, openDatabaseReadOnly, openDatabaseShared } from '../store/journal/database.ts'
import { oneOf, readArguments, required } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import type { Configuration } from './configuration.ts'
import { printable } from './printable.ts'
import { commandConfiguration, reportDeps, samplesFor } from './reporting.ts'

export const command: Command = {
  name: 'month',
  summary: 'close a month, see which are closed, rate a closed one again',
  usage: `usage: specola month close --month 2026-10 [--force] [--config FILE] [--data DIR]
       specola month status [--json] [--config FILE] [--data DIR]
       specola month rerate --month 2026-10 [--prices current|closed] [--apply [--reason TEXT]] [--json] [--config FILE] [--data DIR]

close freezes what every project is charged for a calendar month of the configured zone, with the prices of the configuration:
wholly or not at all. It refuses a month that is not settled yet (reports.close.settle) or has gaps; --force closes it all the
same once it is over, marked with its gaps.
rerate rates a closed month as events and prices are now, and shows each project's figure before and after, and why. With
--apply the difference is kept as a dated adjustment; what was closed never changes. Exit code 1: something differs.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{
          month: { type: 'string' },
          config: { type: 'string' },
          data: { type: 'string' },
          prices: { type: 'string', default: 'current' },
        },
        ...{ reason: { type: 'string' }, apply: { type: 'boolean', default: false }, force: { type: 'boolean', default: false } },
        json: { type: 'boolean', default: false },
      },
    })
    const action = oneOf('action', positionals[0] ?? '', ['close', 'status', 'rerate'])
    const config = await commandConfiguration(values.config as string | undefined, values.data as string | undefined)
    const json = values.json === true
    if (action === 'status') return withJournal(openDatabaseReadOnly(config.data), (db) => status(db, config, json, io))
    const month = required('month', values.month as string | undefined)
    periodOf(month, config.ui.zone)
    if (action === 'close')
      return withJournal(openForWriting(config.data), (db) => close(db, config, month, values.force === true, io))
    const prices = oneOf('prices', String(values.prices), ['current', 'closed'])
    const apply = values.apply === true
    const reason = (values.reason as string | undefined) ?? null
    const db = apply ? openForWriting(config.data) : openDatabaseReadOnly(config.data)
    return withJournal(db, (open) => again(open, config, { month, prices, apply, reason, json }, io))
  },
}

async function withJournal(db: Database, work: (db: Database) => Promise<number>): Promise<number> {
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

/** Alone, or taking turns with the `serve` that owns the directory: closing is one transaction either way. */
function openForWriting(directory: string): Database {
  try {
    return openDatabase(directory)
  } catch (error) {
    if (error instanceof AppError && error.code === 'locked') return openDatabaseShared(directory)
    throw error
  }
}

async function withSamples<T>(config: Configuration, work: (store: SampleStore | null) => Promise<T>): Promise<T> {
  let store: SampleStore | null
  try {
    store = await samplesFor(config)
  } catch (cause) {
    throw new AppError(
      'locked',
      `traffic has a price, and the samples cannot be read: ${(cause as Error).message}; let serve close the month by itself (reports.close), or stop it first`,
      { cause },
    )
  }
  try {
    return await work(store)
  } finally {
    await store?.close()
  }
}

async function close(db: Database, config: Configuration, month: string, force: boolean, io: CommandIo): Promise<number> {
  const { settle, gaps } = config.reports.close
  const closing = await withSamples(config, (store) =>
    closeMonth(reportDeps(db, config, store), {
      month,
      by: 'specola month',
      settleMs: force ? 0 : settle,
      gaps: force ? 'flag' : gaps,
    }),
  )
  switch (closing.outcome) {
    case 'closed':
      io.out(
        `${month} is closed with the prices ${closing.month.fingerprint}${closing.month.gaps.length > 0 ? `, and ${closing.month.gaps.length} known gaps` : ''}`,
      )
      return 0
    case 'was-closed':
      io.err(
        `${month} was closed on ${new Date(closing.month.closedAt).toISOString()}; corrections are adjustments (specola month rerate)`,
      )
      return 1
    case 'too-early':
      io.err(
        `${month} can be closed from ${new Date(closing.until).toISOString()} on (reports.close.settle${force ? '' : '; --force does not wait'})`,
      )
      return 1
    case 'gaps':
      io.err(
        `${month} has ${closing.gaps.length} gaps in its messages and is not closed: reconcile first, or close it marked with --force`,
      )
      for (const gap of closing.gaps.slice(0, 20))
        io.err(
          `  ${gap.kind} ${gap.service} ${gap.host ?? ''} ${new Date(gap.from).toISOString()} – ${gap.to === null ? '…' : new Date(gap.to).toISOString()}`,
        )
      return 1
  }
}

async function status(db: Database, config: Configuration, json: boolean, io: CommandIo): Promise<number> {
  const { months } = reportDeps(db, config, null)
  const closed = await months.months()
  const adjustments = Map.groupBy(await months.adjustments({ projects: 'all' }, {}), ({ month }) => month)
  const rows = closed.map(({ month, closedAt, closedBy, fingerprint, gaps, book }) => ({
    ...{ month, closed_at: new Date(closedAt).toISOString(), closed_by: closedBy, fingerprint, currency: book.currency },
    ...{ gaps: gaps.length, adjustments: adjustments.get(month)?.length ?? 0 },
  }))
  if (json) io.out(JSON.stringify({ months: rows }))
  else if (rows.length === 0) io.out('no month is closed')
  else
    for (const row of rows)
      io.out(
        `${row.month}  closed ${row.closed_at} by ${row.closed_by}  prices ${row.fingerprint}  ${row.adjustments} adjustments  ${row.gaps} gaps`,
      )
  return 0
}

interface Again {
  month: string
  prices: 'current' | 'closed'
  apply: boolean
  reason: string | null
  json: boolean
}

async function again(
  db: Database,
  config: Configuration,
  { month, prices, apply, reason, json }: Again,
  io: CommandIo,
): Promise<number> {
  return withSamples(config, async (store) => {
    const deps = reportDeps(db, config, store)
    const found = await rerate(deps, month, prices)
    const names = await deps.inventory.names(
      'project',
      found.projects.map(({ project }) => project),
    )
    const shown = (value: bigint) => printDecimal(value, found.book.decimals)
    if (apply && found.projects.length > 0) await applyRerating(deps, month, found, 'specola month', reason)
    if (json)
      io.out(
        JSON.stringify({
          ...{ month, currency: found.book.currency, applied: apply },
          projects: found.projects.map((one) => ({
            ...{
              project: one.project,
              name: names.get(one.project) ?? null,
              before: Number(shown(one.before)),
              after: Number(shown(one.after)),
            },
            ...{
              by_events: Number(shown(one.byEvents)),
              by_prices: Number(shown(one.byPrices)),
              why: reasonOf(one, reason),
              lines: one.changes.length,
            },
          })),
        }),
      )
    else if (found.projects.length === 0) io.out(`${month}: nothing differs`)
    else {
      for (const one of found.projects)
        io.out(
          `${printable(names.get(one.project) ?? one.project)}  ${shown(one.before)} → ${shown(one.after)} ${found.book.currency}  (${reasonOf(one, reason)}; ${one.changes.length} lines)`,
        )
      io.out(apply ? 'kept as adjustments' : 'nothing was changed: --apply keeps this as adjustments')
    }
    return found.projects.length > 0 && !apply ? 1 : 0
  })
}
