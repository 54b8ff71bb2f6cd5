/** Nagios' macros of a notification. Values are made harmless before anything sees them: names and outputs come from outside. Pure. */
import type { Message } from '../../model/contract.ts'
import type { Summary } from '../notifying/summary.ts'

/** Nagios' own words. */
const types: Record<Message['kind'], string> = {
  ...{ problem: 'PROBLEM', recovery: 'RECOVERY', acknowledgement: 'ACKNOWLEDGEMENT', custom: 'CUSTOM', test: 'CUSTOM' },
  ...{ 'flapping-start': 'FLAPPINGSTART', 'flapping-stop': 'FLAPPINGSTOP', 'flapping-disabled': 'FLAPPINGDISABLED' },
  ...{ 'downtime-start': 'DOWNTIMESTART', 'downtime-end': 'DOWNTIMEEND', 'downtime-cancelled': 'DOWNTIMECANCELLED' },
}
const ids = { ok: '0', warning: '1', critical: '2', unknown: '3', nodata: '3' } as const

/** What a shell could take for its own, as `illegal_macro_output_chars` of Nagios, and backslashes. */
const dangerous = /[`~$&|'"<>\\]/g

/** A semicolon becomes a colon, as in Nagios' own outputs: nothing is left that could end one command and begin another. */
const harmless = (text: string) => text.replace(dangerous, '').replaceAll(';', ':')

export function macrosOf(summary: Summary, message: Message, to: string): Map<string, string> {
  const { problem, time } = message
  const when = new Date(time)
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, timeZone: message.zone }).format(when)
  const [date, clock] = [part({ dateStyle: 'short' }), part({ timeStyle: 'medium' })]
  const { target, rule, output, longOutput, perfdataText, author, comment, state, link } = summary
  const service = state === 'nodata' ? 'UNKNOWN' : state.toUpperCase()
  const lasted = Math.max(0, Math.floor((time - problem.since) / 1000))
  const safe = {
    ...{ NOTIFICATIONTYPE: types[message.kind], NOTIFICATIONISESCALATED: '0', NOTIFICATIONRECIPIENTS: to },
    ...{ CONTACTNAME: to, CONTACTALIAS: to, CONTACTEMAIL: to, CONTACTPAGER: to, CONTACTADDRESS1: to },
    ...{ SERVICESTATE: service, SERVICESTATEID: ids[state], SERVICESTATETYPE: problem.hard ? 'HARD' : 'SOFT' },
    ...{ SERVICEATTEMPT: String(problem.attempt), MAXSERVICEATTEMPTS: String(problem.maxAttempts) },
    ...{ SERVICEDURATIONSEC: String(lasted), LASTSERVICESTATECHANGE: String(Math.floor(problem.since / 1000)) },
    ...{ TIMET: String(Math.floor(time / 1000)), DATE: date, TIME: clock, SHORTDATETIME: `${date} ${clock}` },
    ...{ LONGDATETIME: `${part({ dateStyle: 'full' })} ${clock}`, SERVICEDESC: rule, SERVICEDISPLAYNAME: rule },
    ...{ HOSTSTATE: 'UP', HOSTSTATEID: '0', HOSTSTATETYPE: 'HARD', SERVICECHECKCOMMAND: problem.plugin },
    ...{ SERVICENOTESURL: link, SERVICEACTIONURL: link },
  }
  const foreign = {
    ...{ HOSTNAME: target.name, HOSTALIAS: target.name, HOSTDISPLAYNAME: target.name, HOSTADDRESS: target.id },
    ...{ HOSTGROUPNAME: summary.project, HOSTNOTES: summary.host },
    ...{ SERVICEOUTPUT: output, LONGSERVICEOUTPUT: longOutput.replaceAll('\n', '\\n'), SERVICEPERFDATA: perfdataText },
    ...{ NOTIFICATIONAUTHOR: author, NOTIFICATIONAUTHORNAME: author, NOTIFICATIONCOMMENT: comment },
    ...{ SERVICEACKAUTHOR: author, SERVICEACKCOMMENT: comment },
  }
  return new Map([...Object.entries(safe), ...Object.entries(foreign).map(([name, value]) => [name, harmless(value)] as const)])
}

/** Macros whose values nobody here chose. */
const foreignNames =
  /^(HOST(NAME|ALIAS|DISPLAYNAME|ADDRESS|GROUPNAME|NOTES)|(LONG)?SERVICEOUTPUT|SERVICEPERFDATA|NOTIFICATION(AUTHOR|AUTHORNAME|COMMENT)|SERVICEACK\w+)$/

/**
 * One argument with its macros put in. What begins it must not be taken for an option or for the name of a file (`-oProxyCommand=`,
 * `@/etc/passwd`): then a blank stands before it.
 */
export function argument(text: string, macros: ReadonlyMap<string, string>): string {
  const first = /^\$([A-Z0-9_]+)\$/.exec(text)?.[1]
  const made = text.replace(/\$([A-Z0-9_]*)\$/g, (all, name: string) => (name === '' ? '$' : (macros.get(name) ?? all)))
  const guarded = first !== undefined && foreignNames.test(first) && /^[-@+<]/.test(made)
  return guarded ? ` ${made}` : made
}

/** `NAGIOS_HOSTNAME` and so on, and nothing of our own environment but what a program needs to run. */
export function environment(
  macros: ReadonlyMap<string, string>,
  own: Readonly<Record<string, string>>,
  outer: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = ['PATH', 'LANG', 'LC_ALL', 'TZ'].flatMap((name) =>
    outer[name] === undefined ? [] : [[name, outer[name]] as const],
  )
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries([...macros].map(([name, value]) => [`NAGIOS_${name}`, value])),
    ...own,
  }
}
