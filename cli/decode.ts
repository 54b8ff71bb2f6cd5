import { decode } from '../collector/amqp/decode.ts'
import { openText } from '../collector/amqp/envelope.ts'
import { scrub } from '../collector/amqp/scrub.ts'
import { AppError } from '../model/contract.ts'
import type { CloudEvent } from '../model/event.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { recordedMessages } from './recorded-messages.ts'

export const command: Command = {
  name: 'decode',
  summary: 'show what recorded messages mean, one JSON line each',
  usage: `usage: specola decode FILE…

FILE is JSON Lines of recorded messages ({exchange, routing_key, properties, body}), gzipped or not, or a JSON document
with one message (bare or enveloped) or a list of them. Prints one line per message:
  {"ok":true,"event":{…}}              a known type ("more":[…]: further things that the same request made)
  {"ok":true,"ignored":true,"type":…,"reason":…}
                                       well-formed, of a type that no decoder knows
  {"ok":false,"reason":…}              not a notification
Exit code 1 when some message was not a notification.`,

  async run(args, io) {
    const { positionals } = readArguments({ args: [...args], allowPositionals: true, options: {} })
    if (positionals.length === 0) throw new AppError('usage', 'which files?')
    let failed = false
    for (const file of positionals) {
      for await (const { message } of recordedMessages(file)) {
        const line = decodeLine(message.body, message.exchange)
        if (!line.ok) failed = true
        io.out(JSON.stringify(line))
      }
    }
    return failed ? 1 : 0
  },
}

function decodeLine(body: string, exchange: string) {
  const opened = openText(body)
  if (!opened.ok) return { ok: false as const, reason: opened.reason }
  const decoded = decode(scrub(opened.message), opened.text, exchange === '' ? {} : { exchange })
  if (!decoded.ok) return decoded
  if ('ignored' in decoded) return { ok: true as const, ignored: true, type: decoded.type, reason: decoded.reason }
  return {
    ok: true as const,
    event: printed(decoded.event),
    ...(decoded.more && { more: decoded.more.map(printed) }),
  }
}

/** The event as people read it: times as ISO 8601, an instance's facts beside the common ones. */
function printed({ instance, ...event }: CloudEvent): Record<string, unknown> {
  const facts = instance ? { instance: event.resource?.id ?? null, ...instance } : {}
  return Object.fromEntries(Object.entries({ ...event, ...facts }).map(([key, value]) => [key, readable(key, value)]))
}

function readable(key: string, value: unknown): unknown {
  if ((key === 'time' || key.endsWith('At')) && typeof value === 'number')
    return Number.isNaN(value) ? null : new Date(value).toISOString()
  if (key === 'auditPeriod') {
    const { from, to } = value as { from: number; to: number }
    return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
  }
  if (key === 'about')
    return Object.fromEntries(Object.entries(value as object).map(([name, fact]) => [name, readable(name, fact)]))
  return value
}
