import { everything } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import { isComplete } from '../model/completeness.ts'
import { AppError } from '../model/contract.ts'
import type { UsageRow } from '../model/usage.ts'
import { completenessJournal } from '../store/journal/completeness.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { formatter } from '../ui/format.ts'
import { gapNote, gapRecord } from '../ui/gap-words.ts'
import { translator } from '../ui/i18n.ts'
import { oneOf, readArguments, readTime, required } from './arguments.ts'
import type { Command } from './command.ts'

export const command: Command = {
  name: 'usage',
  summary: 'who used what between two instants',
  usage: `usage: specola usage --data DIR --from T --to T [--view ledger|parity] [--project ID]
                     [--by project|user|instance|flavor|host] [--json|--csv]

ledger (default): what was really used, with the flavor and state of the time.
parity: Nova's own formula; with --json exactly the tenant_usages of os-simple-tenant-usage (detailed).
Figures over a gap say so: "complete": false with the gaps, and a line on stderr.
T is ISO 8601; without a zone it is UTC. Works while serve is running.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        data: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        view: { type: 'string', default: 'ledger' },
        by: { type: 'string', default: 'project' },
        project: { type: 'string' },
        json: { type: 'boolean', default: false },
        csv: { type: 'boolean', default: false },
      },
    })
    const view = oneOf('view', values.view, ['ledger', 'parity'])
    const by = oneOf('by', values.by, ['project', 'user', 'instance', 'flavor', 'host'])
    const from = readTime('from', values.from)
    const to = readTime('to', values.to)
    if (from >= to) throw new AppError('usage', '--from must be before --to')
    const project = values.project === undefined ? {} : { project: values.project }
    const db = openDatabaseReadOnly(required('data', values.data))
    try {
      const journal = usageJournal(db, systemClock)
      if (view === 'parity' && values.json) {
        io.out(JSON.stringify({ tenant_usages: await journal.parity(everything, { from, to, ...project }) }))
        return 0
      }
      const rows = await journal.usage(everything, { view, by, from, to, ...project })
      const gaps = await completenessJournal(db, systemClock).gaps(everything, { from, to })
      const complete = isComplete(gaps)
      if (values.json) {
        const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
        io.out(JSON.stringify({ view, by, ...period, complete, gaps: gaps.map((gap) => gapRecord(gap, true)), rows }))
      } else if (values.csv) io.out(csv(rows, by, complete))
      else io.out(table(rows, by))
      const note = gapNote({ t: translator('en'), show: formatter('en', 'UTC') }, gaps)
      if (note !== null) io.err(`${note} (specola completeness lists them)`)
      return 0
    } finally {
      db.close()
    }
  },
}

const columns: [title: string, value: (row: UsageRow) => string | number][] = [
  ['instances', (row) => row.instances],
  ['hours', (row) => row.hours],
  ['running_hours', (row) => row.runningHours],
  ['vcpu_hours', (row) => row.vcpuHours],
  ['memory_gib_hours', (row) => row.memoryGibHours],
  ['disk_gib_hours', (row) => row.diskGibHours],
]

/** RFC 4180; names come from users, so a cell that a spreadsheet would run as a formula is quoted with an apostrophe. */
function csv(rows: readonly UsageRow[], by: string, complete: boolean): string {
  const cell = (value: string | number | null) => {
    if (typeof value === 'number') return String(value)
    const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '')
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = [
    [by, 'name', ...columns.map(([title]) => title), 'complete'],
    ...rows.map((row) => [row.key, row.name, ...columns.map(([, value]) => value(row)), String(complete)]),
  ]
  return lines.map((line) => line.map(cell).join(',')).join('\r\n')
}

function table(rows: readonly UsageRow[], by: string): string {
  const head = [by, ...columns.map(([title]) => title.replaceAll('_', ' '))]
  const lines = rows.map((row) => [
    printable(row.name ?? (row.key || '(unknown)')),
    ...columns.map(([, value]) => shown(value(row))),
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => (line[i] as string).length)))
  return [head, ...lines]
    .map((line) =>
      line.map((text, i) => (i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number))).join('  '),
    )
    .join('\n')
}

const shown = (value: string | number) =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value)
/** Names come from users: no control characters on the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '�')
