import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { template } from '../../config/template-field.ts'

/** These read what follows -c or -e as a program … */
const interpreters = /(^|\/)(sh|bash|dash|zsh|ksh|ash|busybox|fish|perl|python[\d.]*|ruby|node|php)$/
const asProgram = /^-\w*[ceE]$|^--(eval|command|expression)$/
/** … and these whatever they are given: ssh hands it to a shell on the other side. */
const readers = /(^|\/)([gmn]?awk|sed|ssh|su|eval|xargs)$/
const macro = /\$(?!\$)[A-Z_][A-Z0-9_:]*\$/

const command = z
  .strictObject({
    /** The program and its arguments, one each; macros are put in, no shell reads them. */
    run: z.array(z.string()).min(1).max(100),
    /** Given on standard input; a template (docs/notifiers.md). */
    stdin: template.optional(),
    /** Beside PATH, LANG, NAGIOS_* and SPECOLA_*. */
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'not a name of a variable'), z.string()).default({}),
    timeout: duration.prefault('30s'),
  })
  .superRefine(({ run }, ctx) => {
    const [program = ''] = run
    if (!program.startsWith('/'))
      ctx.addIssue({ code: 'custom', path: ['run', 0], message: `the program needs its whole path: "${program}"` })
    for (const [n, part] of run.entries()) {
      if (part.includes('\0')) ctx.addIssue({ code: 'custom', path: ['run', n], message: 'an argument has no NUL' })
      if (!macro.test(part)) continue
      const before = run.slice(0, n)
      const script = asProgram.test(before.at(-1) ?? '') && before.some((one) => interpreters.test(one))
      const reader = before.findLast((one) => readers.test(one) || (script && interpreters.test(one)))
      if (n > 0 && reader === undefined) continue
      const whose = n === 0 ? 'the name of the program' : `what ${reader} reads as a program`
      const message = `a macro in ${whose} could be run itself: use "$NAGIOS_…" of the environment, in a script file`
      ctx.addIssue({ code: 'custom', path: ['run', n], message })
    }
  })

/** Commands by the names that contacts use: `mail:olga@example.org` runs `mail` for that address. */
export const commandConfig = z.strictObject({
  commands: z.record(z.string().regex(/^[\w.-]{1,64}$/, 'a name has letters, digits, dots and dashes'), command),
})
export type CommandConfig = z.output<typeof commandConfig>
export type NotificationCommand = z.output<typeof command>
