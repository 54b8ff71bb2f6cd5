import { everything } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import { type ResourceUsageRow, resourceKinds, type UsageRow } from '../model/usage.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { resourceJournal } from '../store/journal/resources.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { oneOf, readArguments, readTime, required } from './arguments.ts'
import type { Command } from './command.ts'

export const command: Command = {
  name: 'usage',
  summary: 'who used what between two instants',
  usage: `usage: specola usage --data DIR --from T --to T [--view ledger|parity] [--project ID]
                     [--by project|user|instance|flavor|host] [--json|--csv]
       specola usage --resources [--kind volume|snapshot|backup|image|floatingip] --data DIR --from T --to T [--project ID]
                     [--by project|user|resource|type] [--json|--csv]

ledger (default): what was really used, with the flavor and state of the time.
parity: Nova's own formula; with --json exactly the tenant_usages of os-simple-tenant-usage (detailed).
--resources: what was held beside instances, in GiB·h and hours; idle is what no instance had and no port was served by.
T is ISO 8601; without a zone it is UTC. Works while serve is running.`,

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
        json: { type: 'boolean', default: false },
        csv: { type: 'boolean', default: false },
      },
    })
    const view = oneOf('view', values.view, ['ledger', 'parity'])
    // `--resources volume` reads as well as `--resources --kind volume`
    const [word, ...rest] = positionals
    if (rest.length > 0 || (word !== undefined && !values.resources)) throw new AppError('usage', `what is "${rest[0] ?? word}"?`)
    const from = readTime('from', values.from)
    const to = readTime('to', values.to)
    if (from >= to) throw new AppError('usage', '--from must be before --to')
    const project = values.project === undefined ? {} : { project: values.project }
    const db = openDatabaseReadOnly(required('data', values.data))
    try {
      if (values.resources) {
        const kind = word ?? values.kind
        const by = oneOf('by', values.by, ['project', 'user', 'resource', 'type'])
        const rows = await resourceJournal(db, systemClock).usage(everything, {
          ...{ by, from, to, ...project },
          ...(kind !== undefined && { kind: oneOf('kind', kind, resourceKinds) }),
        })
        io.out(printed(rows, resourceColumns, { by, from, to }, values))
        return 0
      }
      const by = oneOf('by', values.by, ['project', 'user', 'instance', 'flavor', 'host'])
      const journal = usageJournal(db, systemClock)
      if (view === 'parity' && values.json) {
        io.out(JSON.stringify({ tenant_usages: await journal.parity(everything, { from, to, ...project }) }))
        return 0
      }
      const rows = await journal.usage(everything, { view, by, from, to, ...project })
      io.out(printed(rows, columns, { view, by, from, to }, values))
      return 0
    } finally {
      db.close()
    }
  },
}

interface Column<T> {
  title: string
  value: (row: T) => string | number
}
type Row = Pick<UsageRow, 'key' | 'name'>

const columns: Column<UsageRow>[] = [
  { title: 'instances', value: (row) => row.instances },
  { title: 'hours', value: (row) => row.hours },
  { title: 'running_hours', value: (row) => row.runningHours },
  { title: 'vcpu_hours', value: (row) => row.vcpuHours },
  { title: 'memory_gib_hours', value: (row) => row.memoryGibHours },
  { title: 'disk_gib_hours', value: (row) => row.diskGibHours },
]

const resourceColumns: Column<ResourceUsageRow>[] = [
  { title: 'kind', value: (row) => row.kind },
  { title: 'count', value: (row) => row.count },
  { title: 'hours', value: (row) => row.hours },
  { title: 'gib_hours', value: (row) => row.gibHours },
  { title: 'idle_hours', value: (row) => row.idleHours },
]

/** As JSON with what was asked for, as CSV, or as a table to read. */
function printed<T extends Row>(
  rows: readonly T[],
  shown: readonly Column<T>[],
  { from, to, ...asked }: { by: string; view?: string; from: number; to: number },
  { json, csv: asCsv }: { json: boolean; csv: boolean },
): string {
  if (json) return JSON.stringify({ ...asked, from: new Date(from).toISOString(), to: new Date(to).toISOString(), rows })
  return asCsv ? csv(rows, shown, asked.by) : table(rows, shown, asked.by)
}

/** RFC 4180; names come from users, so a cell that a spreadsheet would run as a formula is quoted with an apostrophe. */
function csv<T extends Row>(rows: readonly T[], shown: readonly Column<T>[], by: string): string {
  const cell = (value: string | number | null) => {
    if (typeof value === 'number') return String(value)
    const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '')
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = [
    [by, 'name', ...shown.map(({ title }) => title)],
    ...rows.map((row) => [row.key, row.name, ...shown.map(({ value }) => value(row))]),
  ]
  return lines.map((line) => line.map(cell).join(',')).join('\r\n')
}

function table<T extends Row>(rows: readonly T[], shown: readonly Column<T>[], by: string): string {
  const head = [by, ...shown.map(({ title }) => title.replaceAll('_', ' '))]
  const lines = rows.map((row) => [
    printable(row.name ?? (row.key || '(unknown)')),
    ...shown.map(({ value }) => readable(value(row))),
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => (line[i] as string).length)))
  return [head, ...lines]
    .map((line) =>
      line.map((text, i) => (i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number))).join('  '),
    )
    .join('\n')
}

const readable = (value: string | number) =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value)
/** Names come from users: no control characters on the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '\ufffd')
