/** Monthly reports by mail: planned on disk, sent once each, tried again with growing pauses. */
import { createHash } from 'node:crypto'
import { dueInNextMonth, monthBefore, monthOf } from '../model/calendar-month.ts'
import type { Clock } from '../model/clock.ts'
import type { Attachment, Logger, Mailer, ReportMail, ReportMailJournal, Reports } from '../model/contract.ts'
import { visible } from '../model/csv-text.ts'
import type { HealthBoard } from '../model/health.ts'
import type { ReportFormat, ReportSummary } from '../model/report.ts'
import { periodOf } from './months.ts'
import { shower, titleOf } from './show.ts'
import { fill, type Language, words } from './words.ts'

/** A manager of projects, as the alerter's contacts have it. */
export interface ReportContact {
  name: string
  projects: readonly string[]
  address: string
  language: Language
}

export interface MailingDeps {
  reports: Reports
  mails: ReportMailJournal
  mailer: Mailer
  contacts: readonly ReportContact[]
  /** Day and hour of the month after, in the zone. */
  schedule: { day: number; hour: number }
  /** A month that is still to be closed is waited for. */
  closes: boolean
  zone: string
  clock: Clock
  logger: Logger
  health: Pick<HealthBoard, 'report'>
}

const dayMs = 86_400_000
/** Specola was down at the hour, or the month could not be closed: for this long the report is still wanted. */
const lateMs = 7 * dayMs
/** So long a month that ought to be closed is waited for; then it goes out as what it is, a draft. */
const waitForClosingMs = 3 * dayMs
const firstPauseMs = 60_000
const longestPauseMs = 6 * 3_600_000
const attemptsAtMost = 40
const sendTimeoutMs = 120_000

export const pauseAfter = (attempts: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 20))

/** One round: plans what has become due, sends what waits. */
export async function mailReports(deps: MailingDeps, signal: AbortSignal): Promise<void> {
  await plan(deps)
  for (const mail of await deps.mails.due(deps.clock.now())) {
    if (signal.aborted) return
    await attempt(deps, mail, signal)
  }
}

async function plan({ mails, contacts, schedule, closes, reports, zone, clock }: MailingDeps): Promise<void> {
  const now = clock.now()
  const month = monthBefore(monthOf(now, zone))
  const due = dueInNextMonth(month, schedule.day, schedule.hour, zone)
  if (now < due || now >= due + lateMs) return
  const closed = (await reports.closedMonths()).some((one) => one.month === month)
  if (closes && !closed && now < due + waitForClosingMs) return
  await mails.plan(
    contacts.flatMap(({ name, projects, address }) =>
      projects.map(
        (project): ReportMail => ({
          month,
          project,
          contact: name,
          address,
          state: 'waiting',
          attempts: 0,
          nextAttempt: now,
          sentAt: null,
          detail: null,
        }),
      ),
    ),
  )
}

async function attempt(deps: MailingDeps, mail: ReportMail, signal: AbortSignal): Promise<void> {
  const { mails, logger, health } = deps
  const outcome = await send(deps, mail, signal)
  if (signal.aborted && outcome.state !== 'sent') return // shutting down: it waits as it did
  await mails.settle(outcome)
  const report = (state: 'ok' | 'down' | 'degraded', detail: string) =>
    health.report({ component: 'report-mail', kind: 'notifier', state, detail })
  if (outcome.state === 'sent') {
    logger.info('report mailed', { month: mail.month, project: mail.project, contact: mail.contact })
    report('ok', `report of ${mail.month} sent to ${mail.contact}`)
  } else if (outcome.state === 'waiting') {
    if (outcome.attempts === 1) logger.warn(`the report of ${mail.month} for ${mail.contact} waits: ${outcome.detail}`)
    report('down', `${outcome.detail}; the report of ${mail.month} waits on disk`)
  } else {
    logger.error(`the report of ${mail.month} was not delivered to ${mail.contact}: ${outcome.detail}`)
    report('degraded', `not delivered to ${mail.contact}: ${outcome.detail}`)
  }
}

async function send(deps: MailingDeps, mail: ReportMail, signal: AbortSignal): Promise<ReportMail> {
  const { reports, mailer, contacts, zone, clock } = deps
  const failed = (detail: string): ReportMail => ({
    ...mail,
    state: 'failed',
    attempts: mail.attempts + 1,
    nextAttempt: null,
    detail,
  })
  const contact = contacts.find(({ name, projects }) => name === mail.contact && projects.includes(mail.project))
  if (!contact) return failed('the contact is no longer configured for this project')
  try {
    const subject = { kind: 'project', id: mail.project } as const
    const report = await reports.report(
      { projects: [mail.project] },
      { subject, ...periodOf(mail.month, zone), by: ['instance', 'user', 'flavor'], hosts: false, madeBy: 'Specola' },
    )
    if (!report) return failed(`no project ${mail.project}`)
    const over = AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)])
    const delivery = await mailer.send({
      ...{ to: mail.address, ...textsOf(report, contact.language), key: keyOf(mail), signal: over },
      attachments: [
        await attachment(reports, report, 'pdf', contact.language),
        await attachment(reports, report, 'csv', contact.language),
      ],
    })
    if (delivery.ok)
      return {
        ...mail,
        state: 'sent',
        attempts: mail.attempts + 1,
        nextAttempt: null,
        sentAt: clock.now(),
        detail: delivery.id ?? null,
      }
    return delivery.retry ? later(mail, delivery.reason, clock.now()) : failed(delivery.reason)
  } catch (error) {
    return later(mail, (error as Error).message, clock.now())
  }
}

function later(mail: ReportMail, detail: string, now: number): ReportMail {
  const attempts = mail.attempts + 1
  if (attempts >= attemptsAtMost)
    return { ...mail, state: 'failed', attempts, nextAttempt: null, detail: `given up after ${attempts} attempts: ${detail}` }
  return { ...mail, attempts, nextAttempt: now + pauseAfter(mail.attempts), detail }
}

function textsOf(report: ReportSummary, language: Language): { subject: string; text: string; html: string } {
  const w = words[language]
  const show = shower(language, report.zone, report.book)
  const values = { name: titleOf(report, language), month: show.month(report.from) }
  const total = report.payable && `${report.payable.vat === null ? w.net : w.gross}: ${show.paid(report.payable.gross)}`
  const lines = [fill(w.mailText, values), ...(total ? [total] : []), ...(report.status === 'closed' ? [] : [w.mailDraft])]
  return {
    subject: fill(w.mailSubject, values),
    text: `${lines.join('\n\n')}\n`,
    html: `<html lang="${language}"><body style="font-family:'Titillium Web',Helvetica,Arial,sans-serif;color:#17202c">${lines.map((line) => `<p>${escaped(line)}</p>`).join('')}</body></html>`,
  }
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)

/** `sviluppo-2026-10.pdf`: nothing in it that a file system or a header would stumble on. */
export function fileName(report: ReportSummary, format: ReportFormat): string {
  const name = visible(report.subject.name ?? report.subject.id ?? 'cloud')
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
  const period = report.month ?? [report.from, report.to].map((at) => new Date(at).toISOString().slice(0, 10)).join('_')
  return `${name || report.subject.kind}-${period}.${format}`
}

export const mediaTypes: Record<ReportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

async function attachment(
  reports: Reports,
  report: ReportSummary,
  format: ReportFormat,
  language: Language,
): Promise<Attachment> {
  const pieces: Uint8Array[] = []
  for await (const piece of reports.render(report, format, language)) pieces.push(Buffer.from(piece))
  return { name: fileName(report, format), type: mediaTypes[format], content: Buffer.concat(pieces) }
}

const keyOf = ({ month, project, contact }: ReportMail) =>
  createHash('sha256').update(`report\0${month}\0${project}\0${contact}`).digest('hex').slice(0, 32)
