/**
 * What time alone does for people: chains go on, and whoever heard something else than the truth hears the difference once, as
 * soon as nothing holds it any more. Nagios does none of it.
 */
import { within } from '../model/time-period.ts'
import type { Attention } from './attention.ts'
import { remember } from './heard.ts'
import type { Collected } from './judge.ts'
import { collectTellings, reachingOf } from './judge.ts'
import { keepChain } from './keep-chain.ts'
import type { Entry } from './registry.ts'
import { nextRetry } from './schedule.ts'
import type { AlerterConfig } from './section.ts'
import { type Around, surroundingsOf } from './surroundings.ts'
import { tell } from './tell.ts'
import { put, tellOnly } from './tell-only.ts'

/** Holds are looked at this often. */
const lookMs = 5000

/** Holds that end by themselves. */
const passing: ReadonlySet<string> = new Set(['period', 'off', 'master', 'downtime', 'dependency', 'acknowledged'])

/** `mine`: what this engine decides on, where several share a journal. */
export function keepPeople(around: Around, now: number, batch: Collected, mine: (entry: Entry) => boolean = () => true): void {
  const { attention, registry, config } = around
  attention.pulse.loop = now
  for (const entry of registry.entries.values())
    if (entry.stored.told.chain && mine(entry)) keepChain(around, entry, attention.noted, now, batch)
  const due = attention.lookedAt === null || now < attention.lookedAt || now - attention.lookedAt >= lookMs
  if (!due || config.quirks.forgetHeldRecoveries) return
  attention.lookedAt = now
  const opened = openedSince(config, attention, now)
  for (const entry of registry.entries.values()) {
    if (!mine(entry)) continue
    const { told, state } = entry.stored
    if (told.owed || (told.held !== null && passing.has(told.held))) whenHoldEnds(around, entry, now, batch)
    if (opened.size > 0 && told.held === 'nobody' && state.state !== 'ok') lookAgain(entry, now)
    if (told.behind) catchUp(around, entry, null, now, batch)
    else if (opened.size > 0) catchUp(around, entry, opened, now, batch)
  }
}

/** Contacts whose own period has begun; at the first look, after a start, all of them. */
function openedSince({ contacts }: AlerterConfig, attention: Attention, now: number): ReadonlySet<string> {
  const open = new Set(contacts.filter(({ period }) => period === null || within(period, now)).map(({ name }) => name))
  const before = attention.open
  attention.open = open
  return before === null ? open : new Set([...open].filter((name) => !before.has(name)))
}

/** The check is looked at anew: what is told then is fresh. What only comes from outside is told as it was. */
function whenHoldEnds(around: Around, entry: Entry, now: number, batch: Collected): void {
  const { stored, rule } = entry
  const kind = stored.state.state === 'ok' ? 'recovery' : 'problem'
  if (kind === 'problem' && !stored.state.hard) return
  const surroundings = surroundingsOf(around, entry, now)
  const none = () => ({ recipients: [], escalated: false, repeatMs: rule.alert.repeatMs })
  const alert = { kind, check: stored, rule: rule.alert } as const
  if (tell(alert, surroundings, none).hold?.stage !== 'nobody') return
  if (!rule.takesResults) {
    lookAgain(entry, now)
    return
  }
  const { told, telling } = tell(alert, surroundings, reachingOf(around, entry, now).reaching)
  const tellings = telling ? [telling] : []
  collectTellings(around, entry, tellings, null, now, batch)
  const after = kind === 'recovery' ? { ...told, number: 0, states: [], owed: false } : told
  const named = (name: string) => around.people.named(name, now)
  put(entry, batch, {
    ...stored,
    told: remember(stored.told, { ...stored, told: after }, tellings, { now, chain: null, named }),
  })
}

/** As soon as its turn comes; not again before the retry interval, if it cannot be said how it is. */
function lookAgain(entry: Entry, now: number): void {
  const { stored, rule, running } = entry
  const last = stored.state.lastCheck ?? 0
  if (running || (stored.nextCheck !== null && stored.nextCheck <= now)) return
  const next = last > now - lookMs ? nextRetry(rule.retryMs, now) : now
  entry.stored = { ...stored, nextCheck: Math.min(stored.nextCheck ?? next, next) }
}

/** `names`: only these; null = everybody. */
function catchUp(around: Around, entry: Entry, names: ReadonlySet<string> | null, now: number, batch: Collected): void {
  const { told, state } = entry.stored
  const { heard } = told
  if (heard === undefined || told.owed) return
  const bad = state.state !== 'ok'
  const nothing = bad ? !state.hard || told.number === 0 : Object.keys(heard).length === 0
  if (nothing) {
    mark(entry, false, batch)
    return
  }
  const all = bad
    ? around.config.contacts.map(({ name }) => name).filter((name) => asked(around, entry, name))
    : Object.keys(heard)
  const wanted = all.filter((name) => (names === null || names.has(name)) && heard[name] !== state.state)
  if (wanted.length === 0) return
  const { hold } = tellOnly(around, entry, { kind: bad ? 'problem' : 'recovery', names: wanted }, now, batch)
  mark(entry, hold !== null, batch)
}

/** Chains tell those whom they tell; everybody else is asked as usual. */
function asked({ config }: Around, { stored }: Entry, name: string): boolean {
  const contact = config.contacts.find((one) => one.name === name)
  const running = stored.told.chain?.steps.some((step) => step.told !== null && step.who.includes(name)) ?? false
  return running || contact?.onlyEscalated !== true
}

function mark(entry: Entry, behind: boolean, batch: Collected): void {
  const { told } = entry.stored
  if ((told.behind ?? false) !== behind) put(entry, batch, { ...entry.stored, told: { ...told, behind } })
}
