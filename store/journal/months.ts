/** Closed months and their adjustments. Triggers refuse to change either. */
import { type Adjustment, type ClosedMonth, exactText, fromExactText, type NamedRow } from '../../model/closed-month.ts'
import type { MonthJournal } from '../../model/contract.ts'
import { amountOf } from '../../model/rating.ts'
import type { Database } from './database.ts'
import { allOf, equals, inScope } from './scope.ts'

interface MonthRow {
  month: string
  period_from: number
  period_to: number
  zone: string
  closed_at: number
  closed_by: string
  prices: string
  fingerprint: string
  gaps: string
}

interface AdjustmentRow {
  id: number
  month: string
  project: string
  made_at: number
  made_by: string
  reason: string
  fingerprint: string
  amount_before: string
  amount_after: string
  by_prices: string
  body: string
}

export function monthJournal(db: Database): MonthJournal {
  return {
    async months() {
      return db.all<MonthRow>('SELECT * FROM closed_month ORDER BY month DESC').map(toMonth)
    },

    async month(month) {
      const row = db.get<MonthRow>('SELECT * FROM closed_month WHERE month = ?', month)
      return row ? toMonth(row) : null
    },

    async close(month, rows) {
      // beside the journal, where nobody waits for it: the transaction then only copies
      db.run('CREATE TEMP TABLE IF NOT EXISTS closing (project TEXT, position INTEGER, body TEXT, amount TEXT) STRICT')
      db.run('DELETE FROM temp.closing')
      let position = 0
      for (const row of rows) {
        const name =
          row.kind === 'instance'
            ? (db.get<{ name: string | null }>('SELECT name FROM instance WHERE id = ?', row.id)?.name ?? null)
            : row.name
        db.run(
          'INSERT INTO temp.closing (project, position, body, amount) VALUES (?, ?, ?, ?)',
          ...[row.project ?? '', position++, exactText({ ...row, name }), String(amountOf(row))],
        )
      }
      return db.transaction(() => {
        if (db.get('SELECT 1 FROM closed_month WHERE month = ?', month.month)) return false
        db.run(
          `INSERT INTO closed_month (month, period_from, period_to, zone, closed_at, closed_by, prices, fingerprint, gaps)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[month.month, month.from, month.to, month.zone, month.closedAt, month.closedBy],
          ...[exactText(month.book), month.fingerprint, JSON.stringify(month.gaps)],
        )
        db.run(
          `INSERT INTO closed_row (month, project, position, body, amount)
             SELECT ?, project, position, body, amount FROM temp.closing ORDER BY project, position`,
          month.month,
        )
        db.run('DELETE FROM temp.closing')
        return true
      })
    },

    *rows(scope, { month, project }) {
      const where = allOf([inScope(scope, 'project'), equals('month', month), equals('project', project)])
      for (const { body } of db.all<{ body: string }>(
        `SELECT body FROM closed_row WHERE ${where.sql} ORDER BY project, position`,
        ...where.values,
      ))
        yield fromExactText<NamedRow>(body)
    },

    async totals(scope) {
      const where = inScope(scope, 'project')
      return db
        .all<{ month: string; project: string; amount: string }>(
          `SELECT month, project, CAST(sum(CAST(amount AS INTEGER)) AS TEXT) AS amount FROM closed_row WHERE ${where.sql}
           GROUP BY month, project ORDER BY month DESC, sum(CAST(amount AS INTEGER)) DESC`,
          ...where.values,
        )
        .map((row) => ({ ...row, amount: BigInt(row.amount) }))
    },

    async adjust(adjustments) {
      db.transaction(() => {
        for (const one of adjustments)
          db.run(
            `INSERT INTO adjustment (month, project, made_at, made_by, reason, fingerprint, amount_before, amount_after, by_prices, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            ...[one.month, one.project, one.madeAt, one.madeBy, one.reason, one.fingerprint],
            ...[String(one.amountBefore), String(one.amountAfter), String(one.byPrices), exactText(one.changes)],
          )
      })
    },

    async adjustments(scope, { month, project }) {
      const where = allOf([inScope(scope, 'project'), equals('month', month), equals('project', project)])
      return db.all<AdjustmentRow>(`SELECT * FROM adjustment WHERE ${where.sql} ORDER BY id`, ...where.values).map(toAdjustment)
    },
  }
}

const toMonth = (row: MonthRow): ClosedMonth => ({
  ...{ month: row.month, from: row.period_from, to: row.period_to, zone: row.zone },
  ...{ closedAt: row.closed_at, closedBy: row.closed_by, fingerprint: row.fingerprint },
  book: fromExactText(row.prices),
  gaps: JSON.parse(row.gaps),
})

const toAdjustment = (row: AdjustmentRow): Adjustment => ({
  ...{ id: row.id, month: row.month, project: row.project, madeAt: row.made_at, madeBy: row.made_by },
  ...{ reason: row.reason, fingerprint: row.fingerprint },
  amountBefore: BigInt(row.amount_before),
  amountAfter: BigInt(row.amount_after),
  byPrices: BigInt(row.by_prices),
  changes: fromExactText(row.body),
})
