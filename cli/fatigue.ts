import { systemClock as clock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import { weekAt, weekOf } from '../model/fatigue.ts'
import { fatigueOf } from '../reports/fatigue-mail.ts'
import { fatigueText } from '../reports/fatigue-text.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { openAlerts, zonesOf } from './alerts.ts'
import { oneOf, readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonLogger } from './logger.ts'
import { commandConfiguration } from './reporting.ts'

export const command: Command = {
  name: 'fatigue',
  summary: 'what alerts asked of people in a week: MTTA, MTTR, the noisiest ten, wakings at night',
  usage: `usage: specola fatigue [--week 2026-11-16] [--format text|json|html] [--language it|en] [--config FILE] [--data DIR]

The week that holds the given day; without one, last week. Weeks begin on Monday in the configured zone (ui.zone). Works while
serve is running, also on a journal in PostgreSQL. reports.fatigue in the configuration mails the same each week.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        ...{ week: { type: 'string' }, format: { type: 'string', default: 'text' }, language: { type: 'string' } },
        ...{ config: { type: 'string' }, data: { type: 'string' } },
      },
    })
    const format = oneOf('format', String(values.format), ['text', 'json', 'html'])
    const config = await commandConfiguration(asText(values.config), asText(values.data))
    const language = values.language === undefined ? config.ui.language : oneOf('language', String(values.language), ['it', 'en'])
    const { zone } = config.ui
    const week = values.week === undefined ? weekOf(clock.now(), zone, 1) : weekAt(String(values.week), zone)
    if (!week) throw new AppError('usage', `--week: "${values.week}" is no day (write 2026-11-16)`)
    const db = config.alerter.journal === null ? openDatabaseReadOnly(config.data) : null
    const alerts = openAlerts(db, config, { health: { report: () => undefined }, clock, logger: jsonLogger('error') })
    try {
      const report = await fatigueOf(alerts.history, week, zone, zonesOf(config.alerter))
      if (format === 'json') io.out(JSON.stringify({ week: week.week, ...report }, null, 2))
      else io.out(fatigueText(report, language, zone, null)[format])
      return 0
    } finally {
      await alerts.close()
      db?.close()
    }
  },
}

const asText = (value: string | boolean | undefined) => (value === undefined ? undefined : String(value))
