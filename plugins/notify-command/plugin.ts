import type { Delivery, Message, Notifier, NotifierContext } from '../../model/contract.ts'
import { noSuch } from '../notifying/fields.ts'
import { type Summary, summaryOf } from '../notifying/summary.ts'
import { oneLine } from '../notifying/text.ts'
import { type CommandConfig, commandConfig, type NotificationCommand } from './config.ts'
import { argument, environment, macrosOf } from './macros.ts'
import { type Ran, runProgram } from './run.ts'

/** `mail:olga@example.org`: the command, and whom it is for. */
function split(to: string): { name: string; address: string } {
  const at = to.indexOf(':')
  return at === -1 ? { name: to, address: to } : { name: to.slice(0, at), address: to.slice(at + 1) }
}

/** Any notification command that Nagios knows: macros as arguments and environment. */
export const plugin: Notifier<CommandConfig> = {
  kind: 'notifier',
  name: 'command',
  description: 'A Nagios notification command: macros as arguments and environment, no shell',
  config: commandConfig,
  wrongAddress(to, { commands }) {
    const { name, address } = split(to)
    if (!commands[name]) return noSuch(name, Object.keys(commands))
    return address === oneLine(address, 254) && address !== '' ? null : 'an address is one line'
  },
  async preview(message, context) {
    const { name } = split(context.to)
    const command = context.config.commands[name]
    if (!command) return []
    const { args, env, stdin } = compose(message, context, command)
    const macros = Object.entries(env).filter(([key]) => key.startsWith('NAGIOS_'))
    return [
      { title: name, type: 'json', body: JSON.stringify(args, null, 2) },
      { title: 'NAGIOS_*', type: 'text', body: macros.map(([key, value]) => `${key}=${value}`).join('\n') },
      ...(stdin.text === '' ? [] : [{ title: 'stdin', type: 'text', body: stdin.text } as const]),
    ]
  },
  async send(message, context) {
    const { name } = split(context.to)
    const command = context.config.commands[name]
    if (!command) return { ok: false, retry: true, reason: `command: ${noSuch(name, Object.keys(context.config.commands))}` }
    const { args, env, stdin, summary } = compose(message, context, command)
    const { timeout: timeoutMs } = command
    const ran = await runProgram(args, { env, stdin: stdin.text, timeoutMs, signal: context.signal })
    const delivery = deliveryOf(name, ran, timeoutMs, summary)
    return delivery.ok && stdin.notice !== null ? { ...delivery, notice: stdin.notice } : delivery
  },
}

function compose(
  message: Message,
  { to, render }: Pick<NotifierContext<unknown>, 'to' | 'render'>,
  command: NotificationCommand,
) {
  const { address } = split(to)
  const summary = summaryOf(message, to)
  const macros = macrosOf(summary, message, address)
  const { run, stdin, env } = command
  return {
    ...{
      summary,
      args: run.map((part) => argument(part, macros)),
      env: environment(macros, { ...env, SPECOLA_KEY: summary.key }, process.env),
    },
    stdin: stdin?.render(render.text, { ...summary, to: address }, () => '') ?? { text: '', notice: null },
  }
}

/** Of sysexits.h: the message is at fault, or whom it is for. */
const forGood = new Set([64, 65, 67, 68])

export function deliveryOf(name: string, ran: Ran, timeoutMs: number, { key }: Pick<Summary, 'key'>): Delivery {
  const { code, signal, failed, timedOut, output } = ran
  const said = oneLine(output, 200)
  const say = (why: string) => `command ${name}: ${why}${said === '' ? '' : `: ${said}`}`
  if (failed !== null) return { ok: false, retry: true, reason: say(`cannot be run (${failed})`) }
  if (timedOut) return { ok: false, retry: true, reason: say(`ended after ${timeoutMs / 1000} s; it may have told somebody`) }
  if (code === 0) return { ok: true, id: key, answer: said === '' ? 'exit code 0' : `exit code 0: ${said}` }
  if (code === null) return { ok: false, retry: true, reason: say(`killed by ${signal}`) }
  return { ok: false, retry: !forGood.has(code), reason: say(`exit code ${code}`) }
}
