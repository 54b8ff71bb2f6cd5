/** What a device's own state means for its services and for the devices behind it, as Nagios sees hosts. */
import type { CheckResult, State } from '../model/check.ts'
import { hostEntry } from './check-macros.ts'
import type { Entry, Registry } from './registry.ts'

type Devices = Pick<Registry, 'of' | 'entries'>

/** What is known for a shorter time is not asked for again, ms. */
const cachedMs = 15_000

/** A device is down; without any parent that is up, it cannot be reached. Results that were pushed in stand as they are. */
export function asReached(registry: Devices, { rule, target }: Entry, result: CheckResult): CheckResult {
  if (rule.device?.host !== true || result.state !== 'critical' || result.pushed === true) return result
  const parents = target.device?.parents ?? []
  return parents.length === 0 || parents.some((parent) => isUp(registry, parent)) ? result : { ...result, state: 'unknown' }
}

/** A device without a check of its own is up. */
const isUp = (registry: Devices, device: string) =>
  (registry.of('device', device).find(({ rule }) => rule.device?.host === true)?.stored.state.state ?? 'ok') === 'ok'

/** Why a service's problem is counted under its device; null = the device is up, or it is no service. */
export function deviceDown(registry: Devices, entry: Entry): { reason: string; certain: boolean } | null {
  const host = entry.rule.device?.host === false ? hostEntry(registry, entry) : undefined
  if (!host || host.stored.state.state === 'ok') return null
  return { reason: `${host.target.name ?? host.target.id} is down: ${host.stored.state.output}`, certain: host.stored.state.hard }
}

/** A change asks for others to be looked at: a service's for its device, a device's for those before and behind it. */
export function orderChecks(registry: Devices, entry: Entry, was: State, now: number): void {
  const { rule, target, stored } = entry
  const { state } = stored.state
  if (!rule.device || was === state) return
  if (!rule.device.host) {
    const host = hostEntry(registry, entry)
    const up = host?.stored.state.state === 'ok'
    if (host && (state === 'ok') !== up) checkSoon(host, now)
    return
  }
  if ((was === 'ok') === (state === 'ok')) return
  const recovered = state === 'ok'
  for (const parent of target.device?.parents ?? [])
    for (const other of hosts(registry, parent)) if ((other.stored.state.state === 'ok') !== recovered) checkSoon(other, now)
  for (const other of registry.entries.values())
    if (other.rule.device?.host && other.target.device?.parents.includes(target.id))
      if (other.stored.state.state !== (recovered ? 'ok' : 'unknown')) checkSoon(other, now)
}

const hosts = (registry: Devices, device: string) =>
  registry.of('device', device).filter(({ rule }) => rule.device?.host === true)

function checkSoon(entry: Entry, now: number): void {
  const { lastCheck } = entry.stored.state
  if (entry.running || (lastCheck !== null && now - lastCheck < cachedMs)) return
  entry.stored = { ...entry.stored, nextCheck: now }
}
