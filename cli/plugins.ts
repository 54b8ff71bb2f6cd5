/** Plugins are found by folder: every `plugins/<name>/plugin.ts` that exports `plugin`. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { AppError, type Plugin, targetKinds } from '../model/contract.ts'

/** The plugins that come with Specola. */
export const shippedPlugins = join(import.meta.dirname, '..', 'plugins')

const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be small letters, digits and dashes')
const schema = z.custom<z.ZodType>((value) => value instanceof z.ZodType, 'must be a zod schema')
const method = z.custom((value) => typeof value === 'function', 'must be a function')

const shape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('check'),
    name,
    description: z.string().min(1),
    targets: z.array(z.enum(targetKinds)).min(1),
    config: schema,
    run: method,
  }),
  z.object({ kind: z.literal('notifier'), name, description: z.string().min(1), config: schema, send: method }),
])

/** All plugins below the directories. A malformed one or a second one of a name is refused with its place. */
export async function findPlugins(directories: readonly string[] = [shippedPlugins]): Promise<Plugin[]> {
  const found = new Map<string, { plugin: Plugin; file: string }>()
  for (const file of directories.flatMap(filesBelow)) {
    const plugin = await loadPlugin(file)
    const key = `${plugin.kind} ${plugin.name}`
    const twin = found.get(key)
    if (twin) throw new AppError('config', `${file}: there is a ${plugin.kind} "${plugin.name}" already, in ${twin.file}`)
    found.set(key, { plugin, file })
  }
  return [...found.values()].map(({ plugin }) => plugin)
}

/** `plugin.js` is what a built package has. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .flatMap((folder) =>
      ['plugin.ts', 'plugin.js']
        .map((file) => join(directory, folder, file))
        .filter(existsSync)
        .slice(0, 1),
    )
}

async function loadPlugin(file: string): Promise<Plugin> {
  let module: Record<string, unknown>
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    throw new AppError('config', `${file}: cannot be loaded: ${(cause as Error).message}`, { cause })
  }
  if (module.plugin === undefined) throw new AppError('config', `${file}: exports no "plugin"`)
  const checked = shape.safeParse(module.plugin)
  if (checked.success) return module.plugin as Plugin
  const [issue] = checked.error.issues
  throw new AppError('config', `${file}: not a plugin: ${issue?.path.join('.') || 'kind'}: ${issue?.message}`)
}
