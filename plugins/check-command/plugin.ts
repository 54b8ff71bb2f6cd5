import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { expand, type Lookup, shellCommand } from '../../model/command-macros.ts'
import type { Check } from '../../model/contract.ts'
import { resultOf } from './result.ts'

const config = z
  .strictObject({
    /** The program and its arguments, `$MACROS$` in them; or, with `shell: true`, one line for /bin/sh. */
    command: z.union([z.array(z.string()).min(1), z.string().min(1)]),
    shell: z.boolean().default(false),
    timeout: duration.prefault('60s'),
    /** What a timeout means. */
    timeoutState: z.enum(['ok', 'warning', 'critical', 'unknown']).default('critical'),
    /** Variables of the program's environment, `$MACROS$` in them. */
    environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of a variable'), z.string()).default({}),
    /** For `$_NAME$` in the command. */
    variables: z.record(z.string().regex(/^[A-Z0-9_]+$/, 'macros are written in capitals'), z.string()).default({}),
    /** Exit codes mean what they mean for a Nagios host: 0 and 1 up, all others down. */
    host: z.boolean().default(false),
    /** With `host`: 1 is down. */
    aggressive: z.boolean().default(false),
  })
  .superRefine(({ command, shell }, ctx) => {
    const complain = (message: string) => ctx.addIssue({ code: 'custom', path: ['command'], message })
    if (typeof command === 'string') {
      if (!shell) complain('write the command as a list: [/path/to/plugin, argument, …] (a line for /bin/sh needs shell: true)')
    } else if (shell) complain('with shell: true the command is one line, not a list')
    else if (!/^[/$]/.test(command[0] as string)) complain(`"${command[0]}" is not the whole path of a program`)
  })

export type CommandConfig = z.output<typeof config>

/** Any monitoring plugin, as Nagios runs it. */
export const plugin: Check<CommandConfig> = {
  kind: 'check',
  name: 'command',
  description: 'Any monitoring plugin of the Nagios kind: exit code 0 to 3, one line of text, perfdata',
  targets: ['device', 'instance', 'hypervisor', 'connection'],
  config,
  apart: true,
  async run({ config, target, programs, macro = () => undefined }) {
    if (!programs) return { state: 'unknown', output: 'no commands are run here', perfdata: [] }
    const lookup: Lookup = (name) => (name.startsWith('_') ? config.variables[name.slice(1)] : undefined) ?? macro(name)
    const { command, environment, timeout } = config
    const end = await programs.run({
      command: typeof command === 'string' ? shellCommand(command, lookup) : command.map((word) => expand(word, lookup)),
      timeoutMs: timeout,
      environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, expand(value, lookup)])),
    })
    const host = target.name ?? target.id
    const about = `service '${macro('SERVICEDESC') ?? 'command'}' on host '${host}'`
    return resultOf(end, { timeoutState: config.timeoutState, host: config.host, aggressive: config.aggressive, about })
  },
}
