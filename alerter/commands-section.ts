/** How commands of others are run, and the macros that all of them know. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of a variable')

/** `resourceFile` is Nagios': lines `$USER1$=/usr/lib/nagios/plugins`. Often it holds passwords, so it is only read, never shown. */
export const commandsSection = z
  .strictObject({
    user: z.string().min(1).optional(),
    environment: z.record(variable, z.string()).default({}),
    atOnce: z.int().min(1).max(1000).default(64),
    macros: z.record(z.string().regex(/^[A-Z0-9_]+$/, 'macros are written in capitals'), z.string()).default({}),
    resourceFile: z.string().min(1).optional(),
    eventHandlers: z.boolean().optional(),
  })
  .transform(({ user, environment, atOnce, macros, resourceFile, eventHandlers }, ctx) => {
    const read = resourceFile === undefined ? new Map<string, string>() : readResources(resourceFile)
    if (typeof read === 'string') ctx.addIssue({ code: 'custom', path: ['resourceFile'], message: read })
    return {
      ...{ user: user ?? null, environment, atOnce },
      /** null = not said: they are run. */
      eventHandlers: eventHandlers ?? null,
      macros: new Map([...(typeof read === 'string' ? [] : read), ...Object.entries(macros)]),
    }
  })
  .prefault({})

export type CommandsConfig = z.output<typeof commandsSection>

function readResources(file: string): Map<string, string> | string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`
  }
  const lines = text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const found = /^\s*\$(USER\d+)\$\s*=\s*(.*?)\s*$/.exec(line)
    return found ? [[found[1] as string, found[2] as string]] : []
  })
  return new Map(lines)
}
