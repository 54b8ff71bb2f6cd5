/** Nagios object files: text into definitions, each value with its line. Nothing is resolved here. */
import { kinds } from './directives.ts'

export interface Value {
  text: string
  line: number
}

export interface Definition {
  kind: string
  file: string
  /** Line of `define`. */
  line: number
  values: Map<string, Value>
}

/** What cannot be taken, and where. `fatal`: Nagios would not start with it. */
export interface Complaint {
  file: string
  line: number
  message: string
  fatal: boolean
}

export interface Definitions {
  definitions: Definition[]
  complaints: Complaint[]
}

/** `;` begins a comment unless it is escaped; a backslash at the end joins the next line. */
export function readDefinitions(text: string, file: string): Definitions {
  const read: Definitions = { definitions: [], complaints: [] }
  let open: Definition | null = null
  const complain = (line: number, message: string) => read.complaints.push({ file, line, message, fatal: true })
  for (const { text: written, line } of logicalLines(text)) {
    const body = withoutComment(written)
    if (body === '') continue
    const begins = /^define\s+(\w+)\s*\{?\s*$/.exec(body)
    if (begins) {
      if (open) complain(open.line, `this definition is not closed before the next begins in line ${line}`)
      open = { kind: begins[1] as string, file, line, values: new Map() }
      if (!kinds.has(open.kind)) complain(line, `there is no kind of object called "${open.kind}"`)
    } else if (body === '{') continue
    else if (body === '}') {
      if (open) read.definitions.push(open)
      else complain(line, 'a definition is closed that was not opened')
      open = null
    } else if (open) takeValue(open, body, line, complain)
    else if (!/^(include_file|include_dir)\s*=/.test(body))
      complain(line, `"${body.slice(0, 60)}" stands outside of a definition`)
  }
  if (open) complain(open.line, 'this definition is never closed')
  read.definitions = read.definitions.filter(({ kind }) => kinds.has(kind))
  return read
}

function takeValue(
  { kind, values }: Definition,
  body: string,
  line: number,
  complain: (line: number, message: string) => void,
): void {
  const closing = body.endsWith('}') && !body.includes(' ')
  if (!kinds.has(kind)) return
  const [, written = '', text = ''] = /^(\S+)\s*(.*)$/.exec(closing ? body.slice(0, -1) : body) ?? []
  if (kind === 'timeperiod' && !kinds.get(kind)?.has(written)) {
    // A day and its hours: the whole line is both.
    values.set(`day ${line}`, { text: body, line })
    return
  }
  const name = written.startsWith('_') ? written.toUpperCase() : kinds.get(kind)?.get(written)
  if (name === undefined) complain(line, `a ${kind} has no directive "${written}"`)
  else values.set(name, { text, line })
}

function* logicalLines(text: string): Generator<Value> {
  let joined = ''
  let first = 0
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (joined === '') first = index + 1
    const continues = /(^|[^\\])\\$/.test(raw)
    joined += continues ? raw.slice(0, -1) : raw
    if (continues) continue
    yield { text: joined, line: first }
    joined = ''
  }
  if (joined !== '') yield { text: joined, line: first }
}

function withoutComment(line: string): string {
  const text = line.trim()
  if (text.startsWith('#') || text.startsWith(';')) return ''
  const end = /(?<!\\);/.exec(text)?.index ?? text.length
  return text.slice(0, end).replaceAll('\\;', ';').trim()
}
