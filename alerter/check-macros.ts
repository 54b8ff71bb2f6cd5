/** What `$MACROS$` in the command of a check stand for at this moment. Names and words are Nagios'. */
import { exitCode, type State, states } from '../model/check.ts'
import type { Target } from '../model/contract.ts'
import type { Entry, Registry } from './registry.ts'

export interface MacroSources {
  registry: Pick<Registry, 'of'>
  /** Those of the configuration: `USER1` and the like. */
  macros: ReadonlyMap<string, string>
  now: number
}

export function checkMacro(entry: Entry, name: string, sources: MacroSources): string | undefined {
  const [plain = '', first, second] = name.split(':')
  if (first !== undefined) return onDemand(plain, first === '' ? entry.target.id : first, second, sources)
  return (
    sources.macros.get(plain) ??
    customMacro(plain, entry) ??
    targetMacro(plain, entry.target) ??
    hostState(plain, () => hostEntry(sources.registry, entry)) ??
    (isHost(entry) ? undefined : serviceState(plain, entry)) ??
    timeMacro(plain, sources.now)
  )
}

const isHost = ({ rule }: Entry) => rule.device?.host === true

/** The check of the device itself. */
export function hostEntry(registry: Pick<Registry, 'of'>, { target }: Pick<Entry, 'target'>): Entry | undefined {
  return target.kind === 'device' ? registry.of('device', target.id).find(({ rule }) => rule.device?.host === true) : undefined
}

function onDemand(name: string, device: string, second: string | undefined, { registry }: MacroSources): string | undefined {
  const entries = registry.of('device', device)
  const [any] = entries
  if (!any) return undefined
  if (/^_?SERVICE/.test(name)) {
    const service = entries.find(({ rule }) => rule.name === second)
    return service && (customMacro(name, service) ?? serviceState(name, service))
  }
  return customMacro(name, any) ?? targetMacro(name, any.target) ?? hostState(name, () => entries.find(isHost))
}

function customMacro(name: string, { rule, target }: Entry): string | undefined {
  const [, of, variable = ''] = /^_(HOST|SERVICE)(.+)$/.exec(name) ?? []
  const known = of === 'HOST' ? target.device?.variables : rule.device?.variables
  return of !== undefined && known && Object.hasOwn(known, variable) ? known[variable] : undefined
}

/** A macro's value, worked out only when it is asked for: most of a command's macros are not these. */
const worth = <A extends unknown[]>(of: Readonly<Record<string, (...args: A) => string>>, name: string, ...args: A) =>
  Object.hasOwn(of, name) ? of[name]?.(...args) : undefined

const titleOf = ({ name, id }: Target) => name ?? id
const targetMacros: Readonly<Record<string, (target: Target) => string>> = {
  ...{ HOSTNAME: titleOf, HOSTDISPLAYNAME: titleOf, HOSTALIAS: (target) => target.device?.alias ?? titleOf(target) },
  HOSTADDRESS: (target) => target.device?.address ?? target.instance?.addresses[0]?.address ?? titleOf(target),
  ...{ HOSTGROUPNAME: ({ device }) => device?.groups[0] ?? '', HOSTGROUPNAMES: ({ device }) => device?.groups.join(',') ?? '' },
  ...{ TARGETID: ({ id }) => id, PROJECT: ({ project }) => project ?? '', HYPERVISOR: ({ host }) => host ?? '' },
}
const targetMacro = (name: string, target: Target) => worth(targetMacros, name, target)

/** Nagios' words for the states of a host. */
export const hostWords: Record<State, string> = {
  ok: 'UP',
  warning: 'UP',
  critical: 'DOWN',
  unknown: 'UNREACHABLE',
  nodata: 'UNREACHABLE',
}
export const hostIds: Record<State, string> = { ok: '0', warning: '0', critical: '1', unknown: '2', nodata: '2' }
const seconds = (time: number | null) => String(Math.floor((time ?? 0) / 1000))

type FindHost = () => Entry | undefined
const stateOf = (host: FindHost) => host()?.stored.state
/** The check of the device is looked for only by those who tell of it. */
const hostMacros: Readonly<Record<string, (host: FindHost) => string>> = {
  ...{
    HOSTSTATE: (host) => hostWords[stateOf(host)?.state ?? 'ok'],
    HOSTSTATEID: (host) => hostIds[stateOf(host)?.state ?? 'ok'],
  },
  HOSTSTATETYPE: (host) => (stateOf(host)?.hard === false ? 'SOFT' : 'HARD'),
  HOSTATTEMPT: (host) => String(stateOf(host)?.attempt ?? 1),
  MAXHOSTATTEMPTS: (host) => String(host()?.rule.alert.attempts ?? 1),
  HOSTOUTPUT: (host) => stateOf(host)?.output ?? '',
  LASTHOSTCHECK: (host) => seconds(stateOf(host)?.lastCheck ?? null),
  LASTHOSTSTATECHANGE: (host) => seconds(stateOf(host)?.lastStateChange ?? null),
}
const hostState = (name: string, host: FindHost) => worth(hostMacros, name, host)

const serviceMacros: Readonly<Record<string, (entry: Entry) => string>> = {
  ...{ SERVICEDESC: ({ rule }) => rule.name, SERVICEDISPLAYNAME: ({ rule }) => rule.name },
  SERVICESTATE: ({ stored: { state } }) => (states[exitCode(state.state)] ?? 'unknown').toUpperCase(),
  SERVICESTATEID: ({ stored: { state } }) => String(exitCode(state.state)),
  SERVICESTATETYPE: ({ stored: { state } }) => (state.hard ? 'HARD' : 'SOFT'),
  SERVICEATTEMPT: ({ stored: { state } }) => String(state.attempt),
  MAXSERVICEATTEMPTS: ({ rule }) => String(rule.alert.attempts),
  SERVICEOUTPUT: ({ stored: { state } }) => state.output,
  LASTSERVICECHECK: ({ stored: { state } }) => seconds(state.lastCheck),
  LASTSERVICESTATECHANGE: ({ stored: { state } }) => seconds(state.lastStateChange),
}
const serviceState = (name: string, entry: Entry) => worth(serviceMacros, name, entry)

function timeMacro(name: string, now: number): string | undefined {
  return name === 'TIMET' ? String(Math.floor(now / 1000)) : undefined
}
