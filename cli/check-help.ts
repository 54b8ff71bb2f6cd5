/** Help for one check: what it looks at, and what it can be told. */
import type { z } from 'zod'
import { findPlugins } from './plugins.ts'

/** `specola check cpu --help`; null when no check is named. */
export async function checkHelp([name]: readonly string[]): Promise<string | null> {
  const check = (await findPlugins()).find((plugin) => plugin.kind === 'check' && plugin.name === name)
  if (check?.kind !== 'check') return null
  const keys = Object.entries(shapeOf(check.config)).map(([key, schema]) => `  --${key} ${defaultOf(schema)}`.trimEnd())
  const targets = check.targets.map((kind) => `--${kind} …`).join(' | ')
  return [
    `specola check ${check.name}: ${check.description}`,
    '',
    `usage: specola check ${check.name} (${targets}) (--data DIR | --config FILE) [--timeout 30s] [--KEY VALUE…]`,
    ...(keys.length > 0 ? ['', 'keys, with what holds without them:', ...keys] : []),
    '',
    'exit codes: 0 ok, 1 warning, 2 critical, 3 unknown and whatever goes wrong',
  ].join('\n')
}

interface Def {
  type: string
  shape?: Record<string, z.ZodType>
  innerType?: z.ZodType
  in?: z.ZodType
  defaultValue?: unknown
}
const defOf = (schema: z.ZodType) => schema.def as unknown as Def

/** The keys of the object that a schema begins with. */
function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  const { shape, innerType, in: input } = defOf(schema)
  const inner = innerType ?? input
  return shape ?? (inner ? shapeOf(inner) : {})
}

function defaultOf(schema: z.ZodType): string {
  const { defaultValue, type } = defOf(schema)
  if (defaultValue !== undefined) return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue)
  return type === 'optional' ? '' : '(has to be given)'
}
