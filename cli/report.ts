import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { everything } from '../model/access.ts'
import { AppError, type SampleStore } from '../model/contract.ts'
import { parseInstant } from '../model/range.ts'
import type { ReportSubject } from '../model/report.ts'
import { periodOf } from '../reports/months.ts'
import { reports } from '../reports/reports.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { oneOf, readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { commandConfiguration, reportDeps, samplesFor } from './reporting.ts'

const kinds = ['project', 'user', 'instance', 'flavor', 'host'] as const

export const command: Command = {
  name: 'report',
  summary: 'what a project, user, instance, flavor or host cost, as CSV, XLSX, JSON or PDF',
  usage: `usage: specola report [--project ID | --user ID | --instance ID | --flavor NAME | --host NAME]
                      (--month 2026-10 | --from T --to T) [--format csv|xlsx|json|pdf]
                      [--language it|en] [--out FILE] [--config FILE] [--data DIR]

Without a subject it reports the whole cloud. Prices come from the configuration; without any it has hours and no amounts.
A closed month is reported as it was closed, with its adjustments. T without a zone is of the configured zone (ui.zone).
Works while serve is running; then traffic, which only serve can read, is left out and said so.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        ...{ project: { type: 'string' }, user: { type: 'string' }, instance: { type: 'string' } },
        ...{ flavor: { type: 'string' }, host: { type: 'string' }, month: { type: 'string' }, from: { type: 'string' } },
        ...{ to: { type: 'string' }, format: { type: 'string', default: 'json' }, language: { type: 'string' } },
        ...{ out: { type: 'string' }, config: { type: 'string' }, data: { type: 'string' } },
      },
    })
    const format = oneOf('format', String(values.format), ['csv', 'xlsx', 'json', 'pdf'])
    const config = await commandConfiguration(text(values.config), text(values.data))
    const language = values.language === undefined ? config.ui.language : oneOf('language', String(values.language), ['it', 'en'])
    const period = readPeriod(text(values.month), text(values.from), text(values.to), config.ui.zone)
    const asked = kinds.filter((kind) => values[kind] !== undefined)
    if (asked.length > 1) throw new AppError('usage', `one subject at a time: --${asked.join(' or --')}`)
    const kind = asked[0]
    const subject: ReportSubject = kind === undefined ? { kind: 'cloud', id: null } : { kind, id: String(values[kind]) }
    const db = openDatabaseReadOnly(config.data)
    let store: SampleStore | null = null
    try {
      store = await samplesOrNone(config, io)
      const made = reports(reportDeps(db, config, store))
      const by =
        subject.kind === 'project' ? (['instance', 'user', 'flavor'] as const) : (['project', 'flavor', 'instance'] as const)
      const report = await made.report(everything, { subject, ...period, by, hosts: true, madeBy: 'specola report' })
      if (!report) throw new AppError('not-found', `no ${subject.kind} "${subject.id}" in ${config.data}`)
      const out = text(values.out)
      const target = out === undefined ? process.stdout : createWriteStream(out, { mode: 0o640 })
      await pipeline(Readable.from(made.render(report, format, language)), target, { end: out !== undefined })
      return 0
    } finally {
      await store?.close()
      db.close()
    }
  },
}

const text = (value: string | boolean | undefined) => (value === undefined ? undefined : String(value))

function readPeriod(
  month: string | undefined,
  from: string | undefined,
  to: string | undefined,
  zone: string,
): { from: number; to: number } {
  if (month !== undefined) {
    if (from !== undefined || to !== undefined) throw new AppError('usage', 'either --month or --from and --to')
    return periodOf(month, zone)
  }
  const at = (name: string, written: string | undefined) => {
    const instant = written === undefined ? null : parseInstant(written, 0, zone)
    if (instant === null)
      throw new AppError(
        'usage',
        `--${name}: "${written ?? ''}" is no instant (write 2026-10-01 or 2026-10-01T12:00); or give --month`,
      )
    return instant
  }
  const period = { from: at('from', from), to: at('to', to) }
  if (period.from >= period.to) throw new AppError('usage', '--from must be before --to')
  return period
}

/** A report without traffic is better than none, when it says so. */
async function samplesOrNone(config: Parameters<typeof samplesFor>[0], io: CommandIo): Promise<SampleStore | null> {
  try {
    return await samplesFor(config)
  } catch (error) {
    io.err(
      `traffic is left out: the samples cannot be read (${(error as Error).message}); ask the pages of the running serve instead`,
    )
    return null
  }
}
