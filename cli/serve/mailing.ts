/** Reports by mail: whose they are, and by which server they go. */
import type { Clock } from '../../model/clock.ts'
import type { Logger, Mailer, Reports } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { EmailConfig } from '../../plugins/notify-email/config.ts'
import { mailer } from '../../plugins/notify-email/mailer.ts'
import type { MailingDeps, ReportContact } from '../../reports/mailing.ts'
import type { Database } from '../../store/journal/database.ts'
import { reportMailJournal } from '../../store/journal/report-mails.ts'
import type { Configuration } from '../configuration.ts'

/** Reports are mailed by the mail server that notifications go through. */
export function mailerOf({ alerter }: Configuration): Mailer | null {
  const section = alerter.notifiers.email
  return section === undefined ? null : mailer(section as EmailConfig)
}

/** The monthly report by mail; null where nobody asked for it. `priced`: there is a price list. */
export function monthlyMailing(
  db: Database,
  config: Configuration,
  { reports, mail, priced }: { reports: Reports; mail: Mailer | null; priced: boolean },
  deps: { clock: Clock; logger: Logger; health: HealthBoard },
): MailingDeps | null {
  const schedule = config.reports.mail
  if (!mail || !schedule) return null
  const closes = config.reports.close.automatic && priced
  return {
    ...{ reports, mails: reportMailJournal(db), mailer: mail, contacts: reportContacts(config), schedule },
    ...{ closes, zone: config.ui.zone, ...deps },
  }
}

/** Managers get the reports of their projects. */
const reportContacts = ({ alerter }: Configuration): ReportContact[] =>
  alerter.contacts.flatMap(({ name, role, projects, addresses, language }) =>
    role === 'manager' && projects !== null && addresses.email !== undefined
      ? [{ name, projects, address: addresses.email, language: language ?? alerter.language }]
      : [],
  )

/** Where links in messages lead: what was configured, else where the pages listen. */
export function linkBase({ alerter, ui }: Configuration): string {
  const { host, port } = ui.listen
  return alerter.publicUrl ?? ui.publicUrl?.replace(/\/+$/, '') ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
