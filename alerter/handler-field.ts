/** Commands that run because a state changed, as rules and devices name them. */
import { z } from 'zod'
import { duration } from '../config/fields.ts'

export interface EventHandler {
  /** The program and its arguments, or a line for /bin/sh; `$MACROS$` in them. */
  command: readonly string[] | string
  timeoutMs: number
  /** Variables of its environment, `$MACROS$` in them. */
  environment: Readonly<Record<string, string>>
  /** It runs when a problem is new, counted on or over; `hard`: only on hard changes and recoveries from them. */
  on: 'every-change' | 'hard'
}

const one = z
  .strictObject({
    command: z.union([z.array(z.string()).min(1), z.string().min(1)]),
    shell: z.boolean().default(false),
    timeout: duration.prefault('30s'),
    environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of a variable'), z.string()).default({}),
    on: z.enum(['every-change', 'hard']).default('every-change'),
  })
  .superRefine(({ command, shell }, ctx) => {
    const complain = (message: string) => ctx.addIssue({ code: 'custom', path: ['command'], message })
    if (typeof command === 'string') {
      if (!shell) complain('write the command as a list: [/path/to/program, argument, …] (a line for /bin/sh needs shell: true)')
    } else if (shell) complain('with shell: true the command is one line, not a list')
    else if (!/^[/$]/.test(command[0] as string)) complain(`"${command[0]}" is not the whole path of a program`)
  })
  .transform(({ command, timeout, environment, on }): EventHandler => ({ command, timeoutMs: timeout, environment, on }))

/** One, or several that are all run. */
export const handlerField = z.union([one, z.array(one).min(1)]).transform((given) => (Array.isArray(given) ? given : [given]))
