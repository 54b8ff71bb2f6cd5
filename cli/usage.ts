import { everything } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import { isComplete } from '../model/completeness.ts'
import { AppError, type Gap, type ParitySnapshots } from '../model/contract.ts'
import { novaRows } from '../model/parity.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { resourceKinds, type UsageBy, type UsageRow } from '../model/usage.ts'
import { completenessJournal } from '../store/journal/completeness.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { paritySnapshots } from '../store/journal/parity-snapshots.ts'
import { resourceJournal } from '../store/journal/resources.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { formatter } from '../ui/format.ts'
import { gapNote, gapRecord } from '../ui/gap-words.ts'
import { translator } from '../ui/i18n.ts'
import { oneOf, readArguments, readTime, required } from './arguments.ts'
import type { Command } from './command.ts'
import { csvText, type Form, tableText } from './rows-as-text.ts'
import { differenceReport } from './usage-difference.ts'
import { resourceReport } from './usage-resources.ts'

export const command: Command = {
  name: 'usage',
  summary: 'who used what between two instants',
  usage: `usage: specola usage --data DIR --from T --to T [--view ledger|parity|difference] [--project ID]
                     [--by project|user|instance|flavor|host] [--language en|it] [--json|--csv]
       specola usage --data DIR --view parity --as-of DATE [--project ID] [--by project|instance|flavor] [--json|--csv]
       specola usage --resources [volume|snapshot|backup|image|floatingip] --data DIR --from T --to T [--project ID] [--user ID]
                     [--by project|user|resource|type] [--json|--csv]

ledger (default): what was really used, with the flavor and state of the time.
parity: Nova's own formula; with --json exactly the tenant_usages of os-simple-tenant-usage (detailed).
difference: both figures of each instance where they differ, and why.
--resources: what was held beside instances, in GiB·h and hours; idle is what no instance had and no port was served by.
--as-of reads what was kept at the end of that day (YYYY-MM-DD): the month so far as Nova saw it then, which Nova itself
cannot say again. Figures over a gap say so: "complete": false with the gaps, and a line on stderr. T is ISO 8601; without a zone it is UTC. Works while serve is running.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        view: { type: 'string', default: 'ledger' },
        resources: { type: 'boolean', default: false },
        kind: { type: 'string' },
        by: { type: 'string', default: 'project' },
        project: { type: 'string' },
        user: { type: 'string' },
        'as-of': { type: 'string' },
        language: { type: 'string', default: 'en' },
        json: { type: 'boolean', default: false },
        csv: { type: 'boolean', default: false },
      },
    })
    const view = oneOf('view', values.view, ['ledger', 'parity', 'difference'])
    // `--resources volume` reads as well as `--resources --kind volume`
    const [word = values.kind, ...rest] = positionals
    if (rest.length > 0 || (word !== undefined && !values.resources)) throw new AppError('usage', `what is "${rest[0] ?? word}"?`)
    const language = oneOf('language', values.language, ['en', 'it'])
    const form = values.json ? 'json' : values.csv ? 'csv' : 'table'
    const project = values.project === undefined ? {} : { project: values.project }
    if (values.user !== undefined && !values.resources)
      throw new AppError('usage', '--user goes with --resources; of instances, --by user tells each')
    const user = values.user === undefined ? {} : { user: values.user }
    const asOf = values['as-of']
    if (asOf !== undefined && (view !== 'parity' || values.from !== undefined || values.to !== undefined))
      throw new AppError('usage', '--as-of goes with --view parity, and without --from and --to: the period is the month so far')
    const period = asOf === undefined ? readPeriod(values.from, values.to) : null
    const db = openDatabaseReadOnly(required('data', values.data))
    try {
      if (period && values.resources) {
        const by = oneOf('by', values.by, ['project', 'user', 'resource', 'type'])
        const kind = word === undefined ? {} : { kind: oneOf('kind', word, resourceKinds) }
        const rows = await resourceJournal(db, systemClock).usage(everything, { by, ...period, ...project, ...user, ...kind })
        io.out(resourceReport(rows, { by, ...period }, form))
        return 0
      }
      const by = oneOf('by', values.by, ['project', 'user', 'instance', 'flavor', 'host'])
      const gaps = period ? await completenessJournal(db, systemClock).gaps(everything, period) : []
      const journal = usageJournal(db, systemClock)
      if (asOf !== undefined) io.out(await keptParity(paritySnapshots(db, systemClock), { asOf, by, form, ...project }))
      else if (period && view === 'difference') {
        const query = { ...period, ...project }
        io.out(differenceReport(await journal.differences(everything, query), query, form, language))
      } else if (period && view !== 'difference') {
        if (view === 'parity' && values.json)
          io.out(JSON.stringify({ tenant_usages: await journal.parity(everything, { ...period, ...project }) }))
        else {
          const rows = await journal.usage(everything, { view, by, ...period, ...project })
          io.out(report(rows, { view, by, ...period, gaps }, form))
        }
      }
      const note = gapNote({ t: translator('en'), show: formatter('en', 'UTC') }, gaps)
      if (note !== null) io.err(`${note} (specola completeness lists them)`)
      return 0
    } finally {
      db.close()
    }
  },
}

function readPeriod(fromText: string | undefined, toText: string | undefined): { from: number; to: number } {
  const from = readTime('from', fromText)
  const to = readTime('to', toText)
  if (from >= to) throw new AppError('usage', '--from must be before --to')
  return { from, to }
}

const columns: [title: string, value: (row: UsageRow) => string | number][] = [
  ['instances', (row) => row.instances],
  ['hours', (row) => row.hours],
  ['running_hours', (row) => row.runningHours],
  ['vcpu_hours', (row) => row.vcpuHours],
  ['memory_gib_hours', (row) => row.memoryGibHours],
  ['disk_gib_hours', (row) => row.diskGibHours],
]

function report(
  rows: readonly UsageRow[],
  { view, by, from, to, gaps }: { view: string; by: string; from: number; to: number; gaps: readonly Gap[] },
  form: Form,
): string {
  const complete = isComplete(gaps)
  if (form === 'json') {
    const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
    return JSON.stringify({ view, by, ...period, complete, gaps: gaps.map((gap) => gapRecord(gap, true)), rows })
  }
  if (form === 'csv')
    return csvText(
      [by, 'name', ...columns.map(([title]) => title), 'complete'],
      rows.map((row) => [row.key, row.name, ...columns.map(([, value]) => value(row)), String(complete)]),
    )
  return tableText(
    [by, ...columns.map(([title]) => title.replaceAll('_', ' '))],
    rows.map((row) => [row.name ?? (row.key || '(unknown)'), ...columns.map(([, value]) => value(row))]),
  )
}

/** What was kept at the end of a day; JSON is Nova's own shape. */
async function keptParity(
  snapshots: ParitySnapshots,
  { asOf, by, form, ...project }: { asOf: string; by: UsageBy; form: Form; project?: string },
): Promise<string> {
  if (!/^\d{4}-\d\d-\d\d$/.test(asOf) || parseTimestamp(asOf) === null)
    throw new AppError('usage', `--as-of: "${asOf}" is no day (write 2026-11-30)`)
  if (by === 'user' || by === 'host')
    throw new AppError('usage', `--by ${by}: Nova's figures do not say it; use project, instance or flavor`)
  const kept = await snapshots.read(everything, { day: asOf, ...project })
  if (kept?.night.day !== asOf)
    throw new AppError(
      'not-found',
      `nothing was kept at the end of ${asOf}${kept ? `; the newest before it is ${kept.night.day}` : ''}: serve keeps Nova's figures when a day ends`,
    )
  if (form === 'json') return JSON.stringify({ tenant_usages: kept.usages })
  return report(novaRows(kept.usages, by), { view: 'parity', by, ...kept.night, gaps: [] }, form)
}
