/** Which monthly reports are to be mailed, and which were. */
import type { ReportMail, ReportMailJournal } from '../../model/contract.ts'
import type { Database } from './database.ts'

interface MailRow {
  month: string
  project: string
  contact: string
  address: string
  state: ReportMail['state']
  attempts: number
  next_attempt: number | null
  sent_at: number | null
  detail: string | null
}

export function reportMailJournal(db: Database): ReportMailJournal {
  return {
    async plan(mails) {
      db.transaction(() => {
        for (const mail of mails)
          db.run(
            `INSERT INTO mailed_report (month, project, contact, address, state, attempts, next_attempt)
             VALUES (?, ?, ?, ?, 'waiting', 0, ?) ON CONFLICT DO NOTHING`,
            ...[mail.month, mail.project, mail.contact, mail.address, mail.nextAttempt],
          )
      })
    },
    async due(now) {
      return db
        .all<MailRow>(`SELECT * FROM mailed_report WHERE state = 'waiting' AND next_attempt <= ? ORDER BY next_attempt`, now)
        .map(toMail)
    },
    async settle({ month, project, contact, state, attempts, nextAttempt, sentAt, detail }) {
      db.run(
        `UPDATE mailed_report SET state = ?, attempts = ?, next_attempt = ?, sent_at = ?, detail = ?
         WHERE month = ? AND project = ? AND contact = ?`,
        ...[state, attempts, nextAttempt, sentAt, detail, month, project, contact],
      )
    },
    async mails(month) {
      return db.all<MailRow>('SELECT * FROM mailed_report WHERE month = ? ORDER BY project, contact', month).map(toMail)
    },
  }
}

const toMail = ({ next_attempt, sent_at, ...row }: MailRow): ReportMail => ({
  ...row,
  nextAttempt: next_attempt,
  sentAt: sent_at,
})
