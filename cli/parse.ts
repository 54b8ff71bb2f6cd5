import { z } from 'zod'
import { AppError } from '../model/contract.ts'
import { parsePerfdata } from '../model/perfdata.ts'
import { toBase } from '../model/perfdata-units.ts'
import { splitOutput } from '../model/plugin-output.ts'
import { alerts, parseThreshold } from '../model/threshold.ts'
import { nextWithin, parsePeriods, within } from '../model/time-period.ts'
import { readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { readInput, readJson } from './input.ts'

const usage = `usage: specola parse output FILE
       specola parse range RANGE [VALUE…]
       specola parse period FILE [--nagios-compatible]

What the engine understands of a monitoring plugin's output, of a threshold, of time periods; as JSON. FILE - is standard input.

output  {text, longText, perfdata: [{label, value, unit, warn, crit, min, max, base: {… in base units}}], rejected: […]}
range   {range, start, end, inside, values: [{value, alert}]}, with one value {alert} besides; a wrong range: exit code 2
period  cases {timezone, name, ranges, exclude, questions: [{at}]} with each question answered: {at, in, next}, in epoch seconds;
        next is the first instant from "at" on that is inside, or "at" itself when there is none`

export const command: Command = {
  name: 'parse',
  summary: 'what the engine understands of plugin output, thresholds and time periods',
  usage,
  async run(args, io) {
    const [what, ...rest] = args
    if (what === 'range') return parseRange(rest, io)
    const { values, positionals } = readArguments({
      args: rest,
      allowPositionals: true,
      options: { json: { type: 'boolean' }, 'nagios-compatible': { type: 'boolean', default: false } },
    })
    const [file] = positionals
    if (file === undefined || positionals.length > 1) throw new AppError('usage', 'one FILE is needed (- for standard input)')
    if (what === 'output') return parseOutput(file, io)
    if (what === 'period') return parsePeriod(file, values['nagios-compatible'] === true, io)
    throw new AppError('usage', `nothing to parse is called "${what}"`)
  },
}

const print = (io: CommandIo, value: unknown) => io.out(JSON.stringify(value))

function parseOutput(file: string, io: CommandIo): number {
  const { text, longText, perfdata } = splitOutput(readInput(file))
  const { items, rejected } = parsePerfdata(perfdata ?? '')
  print(io, {
    text,
    longText,
    perfdata: items.map((item) => ({ ...item, base: toBase(item) })),
    rejected,
    perfdataText: perfdata,
  })
  return 0
}

/** Ranges and values begin with a minus now and then: nothing here is an option but --json. */
function parseRange(args: readonly string[], io: CommandIo): number {
  const [range, ...values] = args.filter((arg) => arg !== '--json' && arg !== '--')
  if (range === undefined) throw new AppError('usage', 'a RANGE is needed')
  const parsed = parseThreshold(range)
  if (!parsed.ok) {
    print(io, { error: parsed.message, position: parsed.position })
    io.err(`${range}\n${' '.repeat(parsed.position)}^ ${parsed.message}`)
    return 2
  }
  const { threshold } = parsed
  const judged = values.map((text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!Number.isFinite(value)) throw new AppError('usage', `"${text}" is not a number`)
    return { value, alert: alerts(threshold, value) }
  })
  const finite = (bound: number) => (Number.isFinite(bound) ? bound : null)
  print(io, {
    ...(judged.length === 1 ? { alert: judged[0]?.alert } : {}),
    ...{ range, start: finite(threshold.start), end: finite(threshold.end), inside: threshold.inside, values: judged },
  })
  return 0
}

const periodCase = z.object({
  timezone: z.string(),
  name: z.string().default('period'),
  ranges: z.array(z.string()),
  exclude: z.array(z.string()).default([]),
  questions: z.array(z.object({ at: z.number() })).default([]),
})
const periodFile = z.union([z.object({ cases: z.array(periodCase) }), z.array(periodCase), periodCase])

function parsePeriod(file: string, nagiosCompatible: boolean, io: CommandIo): number {
  const read = periodFile.safeParse(readJson(file))
  if (!read.success) throw new AppError('invalid', `${file}: not time periods: ${z.prettifyError(read.error)}`)
  const cases = Array.isArray(read.data) ? read.data : 'cases' in read.data ? read.data.cases : [read.data]
  let wrong = false
  const answered = cases.map((one) => {
    const { timezone, name, ranges, exclude } = one
    const needed = definitions(cases, one)
    const parsed = parsePeriods(
      needed.map((text) => ({ name: text.name, zone: timezone, lines: text.ranges, exclude: text.exclude })),
      { nagiosSpans: nagiosCompatible },
    )
    const period = parsed.ok ? parsed.periods.get(name) : undefined
    if (!parsed.ok || !period) {
      wrong = true
      return { timezone, name, ranges, exclude, errors: parsed.ok ? [`${name} is not defined`] : parsed.errors }
    }
    const questions = one.questions.map(({ at }) => {
      const next = nextWithin(period, at * 1000, { nagiosCompatible })
      return { at, in: within(period, at * 1000), next: next === null ? at : next / 1000 }
    })
    return { timezone, name, ranges, exclude, questions }
  })
  print(io, { format: 'timeperiods/1', cases: answered })
  return wrong ? 1 : 0
}

type PeriodCase = z.output<typeof periodCase>

/** The case and what it excludes, through any number of steps, from the same time zone. */
function definitions(cases: readonly PeriodCase[], wanted: PeriodCase): PeriodCase[] {
  const found = new Map<string, PeriodCase>([[wanted.name, wanted]])
  const open = [...wanted.exclude]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const other = cases.find((one) => one.name === name && one.timezone === wanted.timezone)
    if (!other || found.has(name)) continue
    found.set(name, other)
    open.push(...other.exclude)
  }
  return [...found.values()]
}
