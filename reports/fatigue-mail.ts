/** The weekly report on fatigue by mail: planned in the alert journal, sent once each, tried again with growing pauses. */
import { createHash } from 'node:crypto'
import { everything } from '../model/access.ts'
import type { AlertHistory, FatigueMail, FatigueMails } from '../model/alert-history.ts'
import type { Clock } from '../model/clock.ts'
import type { Delivery, Logger, Mailer } from '../model/contract.ts'
import { dueInNextWeek, type FatigueReport, fatigueReport, lookBackMs, weekAt, weekOf } from '../model/fatigue.ts'
import type { HealthBoard } from '../model/health.ts'
import { fatigueText } from './fatigue-text.ts'
import { pauseAfter } from './mailing.ts'
import type { FatigueConfig } from './section.ts'
import type { Language } from './words.ts'

export interface FatigueMailDeps {
  config: FatigueConfig
  history: Pick<AlertHistory, 'fatigueFacts'>
  mails: FatigueMails
  mailer: Mailer
  /** Where the pages are. */
  publicUrl: string | null
  language: Language
  zone: string
  zones: ReadonlyMap<string, string>
  clock: Clock
  logger: Logger
  health: Pick<HealthBoard, 'report'>
}

/** Specola was down at the hour: for this long the report is still wanted. */
const lateMs = 3 * 86_400_000
const sendTimeoutMs = 120_000
/** Whoever took a mail and said nothing more for so long is taken for dead. */
const claimMs = 2 * sendTimeoutMs
const attemptsAtMost = 30

/** The report of a week. */
export async function fatigueOf(
  history: Pick<AlertHistory, 'fatigueFacts'>,
  week: { from: number; to: number },
  zone: string,
  zones: ReadonlyMap<string, string>,
): Promise<FatigueReport> {
  const facts = await history.fatigueFacts(everything, { ...week, before: week.from - lookBackMs })
  return fatigueReport(facts, { ...week, zone, zones })
}

/** One round: plans what has become due, sends what waits. */
export async function mailFatigue(deps: FatigueMailDeps, signal: AbortSignal): Promise<void> {
  const { config, mails, clock, zone } = deps
  const now = clock.now()
  const { week } = weekOf(now, zone, 1)
  const due = dueInNextWeek(week, config.weekday, config.hour, zone)
  if (now >= due && now < due + lateMs)
    await mails.plan(
      week,
      config.to.map(({ email }) => email),
      now,
    )
  for (const mail of await mails.due(now)) {
    if (signal.aborted) return
    if (await mails.claim(mail, now + claimMs)) await attempt(deps, mail, signal)
  }
}

async function attempt(deps: FatigueMailDeps, mail: FatigueMail, signal: AbortSignal): Promise<void> {
  const { mails, clock, logger, health } = deps
  const delivery = await send(deps, mail, signal)
  const now = clock.now()
  const report = (state: 'ok' | 'down' | 'degraded', detail: string) =>
    health.report({ component: 'fatigue-mail', kind: 'notifier', state, detail })
  if (delivery.ok) {
    await mails.settle(mail, { sentAt: now, nextAttempt: null, detail: delivery.id ?? null })
    logger.info('the weekly report on fatigue was mailed', { week: mail.week })
    report('ok', `the report of the week of ${mail.week} was sent`)
  } else if (delivery.retry && mail.attempts + 1 < attemptsAtMost) {
    await mails.settle(mail, { sentAt: null, nextAttempt: now + pauseAfter(mail.attempts), detail: delivery.reason })
    if (mail.attempts === 0) logger.warn(`the weekly report on fatigue waits: ${delivery.reason}`)
    report('down', `${delivery.reason}; the report of the week of ${mail.week} waits`)
  } else {
    await mails.settle(mail, { sentAt: null, nextAttempt: null, detail: delivery.reason })
    logger.error(`the weekly report on fatigue was not delivered: ${delivery.reason}`, { week: mail.week })
    report('degraded', `the report of the week of ${mail.week} was not delivered: ${delivery.reason}`)
  }
}

async function send(deps: FatigueMailDeps, { week, address }: FatigueMail, signal: AbortSignal): Promise<Delivery> {
  const { config, history, mailer, publicUrl, language, zone, zones } = deps
  const reader = config.to.find(({ email }) => email === address)
  const period = weekAt(week, zone)
  if (!reader || !period) return { ok: false, retry: false, reason: 'the address is no longer configured' }
  try {
    const report = await fatigueOf(history, period, zone, zones)
    const link = publicUrl === null ? null : `${publicUrl}/fatigue?week=${week}`
    const key = createHash('sha256').update(`fatigue\0${week}\0${address}`).digest('hex').slice(0, 32)
    const over = AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)])
    const text = fatigueText(report, reader.language ?? language, zone, link)
    return await mailer.send({ to: address, ...text, attachments: [], key, signal: over })
  } catch (error) {
    return { ok: false, retry: true, reason: (error as Error).message }
  }
}
