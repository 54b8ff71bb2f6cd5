/**
 * A dead-man's switch: somebody outside hears at intervals that the engine works, and raises the alarm when they do not. Sent
 * only while it really works; never kept or repeated, since a late beat would be a lie.
 */
import { Secret } from '../config/fields.ts'
import { type Clock, every } from '../model/clock.ts'
import type { Delivery, Logger, Message, NotifierContext } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import type { ConfiguredNotifier } from './delivery.ts'
import { orAborted } from './or-aborted.ts'
import type { AlerterConfig } from './section.ts'

type Heartbeat = AlerterConfig['heartbeats'][number]

export interface HeartbeatDeps {
  config: Pick<AlerterConfig, 'heartbeats' | 'zone' | 'language'>
  notifiers: ReadonlyMap<string, ConfiguredNotifier>
  render: NotifierContext<unknown>['render']
  health: HealthBoard
  clock: Clock
  logger: Logger
  /** Why the engine does not work; null = it does. */
  whyIdle: () => string | null
}

export async function runHeartbeats(deps: HeartbeatDeps, signal: AbortSignal): Promise<void> {
  await Promise.all(deps.config.heartbeats.map((beat, index) => runOne(deps, beat, index, signal)))
}

async function runOne(deps: HeartbeatDeps, beat: Heartbeat, index: number, signal: AbortSignal): Promise<void> {
  const { health, clock, logger } = deps
  const component = `heartbeat ${index + 1}`
  const where = placeOf(beat)
  let failing = false
  const say = (state: 'ok' | 'degraded' | 'down', detail: string) =>
    health.report({ component, kind: 'notifier', state, detail: `${where}: ${detail}` })
  // the engine gets a moment to begin
  await clock.sleep(Math.min(5000, beat.every), signal).catch(() => undefined)
  await every(clock, beat.every, signal, async () => {
    const idle = deps.whyIdle()
    if (idle !== null) {
      if (!failing) logger.error(`${component} (${where}) stops: ${idle}`)
      failing = true
      say('down', `not sent: ${idle}`)
      return
    }
    const delivery = await send(deps, beat, signal)
    if (signal.aborted) return
    if (!delivery.ok && !failing) logger.warn(`${component} (${where}): ${delivery.reason}`)
    if (delivery.ok && failing) logger.info(`${component} (${where}) beats again`)
    failing = !delivery.ok
    say(delivery.ok ? 'ok' : 'degraded', delivery.ok ? 'beats' : delivery.reason)
  })
}

/** The path of such an address is its secret. */
const placeOf = (beat: Heartbeat) => ('url' in beat ? new URL(addressOf(beat.url)).host : `${beat.notifier} ${beat.to}`)

const addressOf = (url: string | Secret) => (url instanceof Secret ? url.reveal() : url)

async function send(deps: HeartbeatDeps, beat: Heartbeat, signal: AbortSignal): Promise<Delivery> {
  const { clock } = deps
  const over = new AbortController()
  const late = new AbortController()
  const timeout = clock.sleep(beat.timeout, AbortSignal.any([signal, over.signal])).then(
    () => late.abort(new Error(`no answer within ${beat.timeout / 1000} s`)),
    () => undefined, // it was sent in time
  )
  const stop = AbortSignal.any([signal, late.signal])
  try {
    return await orAborted('url' in beat ? ping(addressOf(beat.url), stop) : mail(deps, beat, stop), stop)
  } catch (error) {
    return { ok: false, retry: true, reason: reasonOf(error as Error) }
  } finally {
    over.abort()
    await timeout
  }
}

/** What went wrong, without the address. */
const reasonOf = ({ message, cause }: Error) => ((cause as NodeJS.ErrnoException | undefined)?.code ?? message).slice(0, 200)

async function ping(url: string, signal: AbortSignal): Promise<Delivery> {
  const answer = await fetch(url, { method: 'GET', redirect: 'manual', signal, headers: { 'user-agent': 'specola' } })
  await answer.body?.cancel()
  return answer.ok ? { ok: true } : { ok: false, retry: true, reason: `answered ${answer.status}` }
}

async function mail(
  { config, notifiers, render, clock }: HeartbeatDeps,
  { notifier, to, every: interval }: Extract<Heartbeat, { notifier: string }>,
  signal: AbortSignal,
): Promise<Delivery> {
  const found = notifiers.get(notifier)
  if (!found) return { ok: false, retry: false, reason: `no notifier "${notifier}" is configured` }
  const now = clock.now()
  const message: Message = {
    ...{ kind: 'custom', transition: null, acknowledgement: null, link: null, instances: null, time: now },
    ...{ zone: config.zone, language: config.language },
    problem: {
      ...{ check: 'heartbeat', rule: 'heartbeat', plugin: 'heartbeat', target: { kind: 'connection', id: 'specola' } },
      ...{ targetName: 'Specola', project: null, host: null, state: 'ok', hard: true, attempt: 1, maxAttempts: 1, since: now },
      output: `works; the next word comes in ${Math.round(interval / 60_000)} min`,
      ...{ longOutput: null, perfdata: [], lastCheck: null, nextCheck: null, acknowledgement: null },
    },
  }
  return found.notifier.send(message, { config: found.config, to, render, signal })
}
