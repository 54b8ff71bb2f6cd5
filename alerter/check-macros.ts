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
    hostState(plain, hostEntry(sources.registry, entry)) ??
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
  return customMacro(name, any) ?? targetMacro(name, any.target) ?? hostState(name, entries.find(isHost))
}

function customMacro(name: string, { rule, target }: Entry): string | undefined {
  const [, of, variable = ''] = /^_(HOST|SERVICE)(.+)$/.exec(name) ?? []
  const known = of === 'HOST' ? target.device?.variables : rule.device?.variables
  return of !== undefined && known && Object.hasOwn(known, variable) ? known[variable] : undefined
}

function targetMacro(name: string, { id, name: title, project, host, instance, device }: Target): string | undefined {
  const values: Record<string, string> = {
    ...{ HOSTNAME: title ?? id, HOSTDISPLAYNAME: title ?? id, HOSTALIAS: device?.alias ?? title ?? id },
    HOSTADDRESS: device?.address ?? instance?.addresses[0]?.address ?? title ?? id,
    ...{ HOSTGROUPNAME: device?.groups[0] ?? '', HOSTGROUPNAMES: device?.groups.join(',') ?? '' },
    ...{ TARGETID: id, PROJECT: project ?? '', HYPERVISOR: host ?? '' },
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

const hostWords: Record<State, string> = {
  ok: 'UP',
  warning: 'UP',
  critical: 'DOWN',
  unknown: 'UNREACHABLE',
  nodata: 'UNREACHABLE',
}
const hostIds: Record<State, string> = { ok: '0', warning: '0', critical: '1', unknown: '2', nodata: '2' }
const seconds = (time: number | null) => String(Math.floor((time ?? 0) / 1000))

function hostState(name: string, entry: Entry | undefined): string | undefined {
  const state = entry?.stored.state
  const values: Record<string, string> = {
    ...{ HOSTSTATE: hostWords[state?.state ?? 'ok'], HOSTSTATEID: hostIds[state?.state ?? 'ok'] },
    ...{ HOSTSTATETYPE: state?.hard === false ? 'SOFT' : 'HARD', HOSTATTEMPT: String(state?.attempt ?? 1) },
    ...{ MAXHOSTATTEMPTS: String(entry?.rule.alert.attempts ?? 1), HOSTOUTPUT: state?.output ?? '' },
    ...{ LASTHOSTCHECK: seconds(state?.lastCheck ?? null), LASTHOSTSTATECHANGE: seconds(state?.lastStateChange ?? null) },
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function serviceState(name: string, { rule, stored: { state } }: Entry): string | undefined {
  const values: Record<string, string> = {
    ...{
      SERVICEDESC: rule.name,
      SERVICEDISPLAYNAME: rule.name,
      SERVICESTATE: (states[exitCode(state.state)] ?? 'unknown').toUpperCase(),
    },
    ...{ SERVICESTATEID: String(exitCode(state.state)), SERVICESTATETYPE: state.hard ? 'HARD' : 'SOFT' },
    ...{ SERVICEATTEMPT: String(state.attempt), MAXSERVICEATTEMPTS: String(rule.alert.attempts), SERVICEOUTPUT: state.output },
    ...{ LASTSERVICECHECK: seconds(state.lastCheck), LASTSERVICESTATECHANGE: seconds(state.lastStateChange) },
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function timeMacro(name: string, now: number): string | undefined {
  return name === 'TIMET' ? String(Math.floor(now / 1000)) : undefined
}
