/** Event handlers of a Nagios host or service: the global one, then its own, as Nagios runs them. */
import { commandWords } from './command-words.ts'
import { macroContext } from './macro-world.ts'
import { splitCall } from './macros.ts'
import type { Making } from './making.ts'
import type { NagiosObject } from './nagios-object.ts'

/** As `handler` of a device's check takes it. */
export interface ImportedHandler {
  command: string | readonly string[]
  shell?: true
  timeout: string
}

export function importHandlers(object: NagiosObject, host: string, service: string | null, making: Making): ImportedHandler[] {
  const { objects, world, settings, complaints } = making
  const own = object.values.get('event_handler')
  const title = service === null ? `the host "${host}"` : `the service "${service}" on "${host}"`
  const note = (place: { file: string; line: number }, message: string) =>
    complaints.push({ file: place.file, line: place.line, message, fatal: false })
  if (object.values.get('event_handler_enabled') === '0' || !settings.eventHandlers) {
    const where = settings.eventHandlers ? 'event_handler_enabled 0' : 'enable_event_handlers=0'
    if (own !== undefined) note(object, `the event handler of ${title} is not taken: it is switched off (${where})`)
    return []
  }
  const handler = (call: string, place: { file: string; line: number }, what: string): ImportedHandler[] => {
    const template = objects.commands.get(splitCall(call).command)?.values.get('command_line')
    if (template === undefined) return [] // that it is not there was told already
    const read = commandWords(template, call, macroContext(world, host, service))
    if (!read.ok && !settings.shell) {
      note(place, `${what} of ${title} cannot be taken: ${read.reason}`)
      return []
    }
    const timeout = `${settings.eventHandlerTimeout}s`
    return [read.ok ? { command: read.words, timeout } : { command: read.line, shell: true, timeout }]
  }
  const general = service === null ? settings.globalHostHandler : settings.globalServiceHandler
  return [
    ...(general ? handler(general.text, general, 'the global event handler') : []),
    ...(own === undefined ? [] : handler(own, object, 'the event handler')),
  ]
}
