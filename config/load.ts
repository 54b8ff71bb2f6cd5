/** YAML text and a zod schema → typed config, or every mistake at once as `file:line:column path: what`. */
import { readFileSync } from 'node:fs'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { AppError } from '../model/contract.ts'
import { closest } from './closest.ts'

export interface ConfigError {
  line: number
  column: number
  path: string
  message: string
}

export type Loaded<T> =
  | { ok: true; value: T /** Where a part of it was written. */; place(path: readonly (string | number)[]): Place }
  | { ok: false; errors: ConfigError[] }

export interface Place {
  line: number
  column: number
}

/** Reads and checks a file. Throws AppError('config') whose message lists all errors, one a line. */
export const loadFile = <S extends z.ZodType>(file: string, schema: S): z.output<S> => loadPlaced(file, schema).value

/** The same, with the places of its parts. */
export function loadPlaced<S extends z.ZodType>(file: string, schema: S): Extract<Loaded<z.output<S>>, { ok: true }> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('config', `${file}: cannot read it: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
  const loaded = load(text, schema)
  if (loaded.ok) return loaded
  throw new AppError('config', loaded.errors.map((error) => formatError(file, error)).join('\n'))
}

export function formatError(file: string, { line, column, path, message }: ConfigError): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
}

export function load<S extends z.ZodType>(text: string, schema: S): Loaded<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (document.errors.length > 0)
    return {
      ok: false,
      errors: document.errors.map((error) => ({ ...at(error.pos[0]), path: '', message: firstLine(error.message) })),
    }

  const result = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {})
  if (result.success) return { ok: true, value: result.data, place: (path) => at(valueOffset(document, path)) }
  const errors = flatten(result.error.issues).flatMap((issue) => describe(issue, schema, document, at))
  return { ok: false, errors: errors.sort((a, b) => a.line - b.line || a.column - b.column) }
}

type Issue = z.core.$ZodIssue

/** A union's mistake is that of the alternative that was meant: the one with the fewest complaints. */
function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] as Issue[]
    if (depth(best) === 0 && !best.some((inner) => inner.code === 'unrecognized_keys')) return [issue]
    return flatten(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })))
  })
}

const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((issue) => issue.path.length))

function describe(
  issue: Issue,
  schema: z.ZodType,
  document: Document,
  at: (offset: number) => { line: number; column: number },
): ConfigError[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => {
      const meant = closest(key, known)
      return {
        ...at(keyOffset(document, path, key)),
        path: joined([...path, key]),
        message: meant
          ? `unknown key (did you mean "${meant}"?)`
          : `unknown key${known.length > 0 ? ` (known: ${known.join(', ')})` : ''}`,
      }
    })
  }
  const missing = document.getIn(path, true) === undefined
  if (missing) {
    const parent = path.slice(0, -1)
    return [{ ...at(valueOffset(document, parent)), path: joined(path), message: 'missing' }]
  }
  return [{ ...at(valueOffset(document, path)), path: joined(path), message: meaning(issue, document, path) }]
}

function meaning(issue: Issue, document: Document, path: readonly (string | number)[]): string {
  if (issue.code !== 'invalid_value') return issue.message
  const node = document.getIn(path, true)
  const given = isScalar(node) ? String(node.value) : ''
  const options = issue.values.map(String)
  const meant = closest(given, options)
  return `"${given}" is none of: ${options.join(', ')}${meant ? ` (did you mean "${meant}"?)` : ''}`
}

function keyOffset(document: Document, path: readonly (string | number)[], key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true)
  if (isMap(map))
    for (const pair of map.items) if (isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0] ?? 0
  return 0
}

/** The value's own place; for a map's entry that is a map or list, the place of its key. */
function valueOffset(document: Document, path: readonly (string | number)[]): number {
  if (path.length === 0) return 0
  const node = document.getIn(path, true)
  const last = path.at(-1)
  if ((!isScalar(node) || node.range?.[0] === undefined) && typeof last === 'string')
    return keyOffset(document, path.slice(0, -1), last)
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}

const joined = (path: readonly (string | number)[]) =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

const firstLine = (text: string) => text.split('\n', 1)[0] as string

interface SchemaDef {
  type: string
  shape?: Record<string, z.ZodType>
  innerType?: z.ZodType
  element?: z.ZodType
  valueType?: z.ZodType
  in?: z.ZodType
  out?: z.ZodType
  options?: readonly z.ZodType[]
}

/** The keys that the schema knows at a path; zod's issue names only the wrong ones. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  const def = schema.def as unknown as SchemaDef
  // what is only noted on the way in knows no keys: those are behind it
  const piped =
    def.type === 'pipe' ? ((def.in?.def as SchemaDef | undefined)?.type === 'transform' ? def.out : def.in) : undefined
  const inner = def.innerType ?? piped
  if (inner) return keysAt(inner, path)
  if (def.options) return [...new Set(def.options.flatMap((option) => keysAt(option, path)))]
  const [head, ...rest] = path
  if (def.shape) {
    if (head === undefined) return Object.keys(def.shape)
    const next = def.shape[String(head)]
    return next ? keysAt(next, rest) : []
  }
  const element = def.element ?? def.valueType
  return element && head !== undefined ? keysAt(element, rest) : []
}
