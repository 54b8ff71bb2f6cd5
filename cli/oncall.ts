import { peopleOf } from '../alerter/people.ts'
import { systemClock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import type { OnCallJournal } from '../model/on-call.ts'
import { parseInstant } from '../model/range.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { openAlerts } from './alerts.ts'
import { readArguments, required } from './arguments.ts'
import type { Command } from './command.ts'
import { type Configuration, configurationFrom } from './configuration.ts'
import { jsonLogger } from './logger.ts'
import { findPlugins } from './plugins.ts'
import { tableText } from './rows-as-text.ts'

export const command: Command = {
  name: 'oncall',
  summary: 'who is on call, and who is next',
  usage: `usage: specola oncall --config FILE [--data DIR] [--at TIME] [--rota NAME] [--until TIME] [--json]

TIME is an instant such as "2026-12-03 09:00" (in alerter.zone), 2026-12-03T08:00:00Z or now+3d. With --until the shifts up to then.
Stand-ins that were entered on the page are those of the journal, in PostgreSQL or in the data directory, where there is one. Exits 1
when nobody is on call.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string' },
        data: { type: 'string' },
        at: { type: 'string' },
        rota: { type: 'string' },
        until: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const config = configurationFrom(required('config', values.config), await findPlugins())
    const { zone } = config.alerter
    const at = instant('at', values.at ?? 'now', zone)
    const until = values.until === undefined ? null : instant('until', values.until, zone)
    if (until !== null && until <= at) throw new AppError('usage', '--until is not after --at')
    const { journal, close } = journalOf({ ...config, data: values.data ?? config.data })
    try {
      const people = peopleOf(config.alerter, journal, systemClock)
      await people.refresh()
      const rotas = people.rotas(at).filter(({ rota }) => values.rota === undefined || rota === values.rota)
      if (values.rota !== undefined && rotas.length === 0)
        throw new AppError(
          'usage',
          `no rota is named "${values.rota}" (known: ${config.alerter.rotas.map(({ name }) => name).join(', ') || 'none'})`,
        )
      const shown = rotas.map(({ rota, now, next }) => ({
        ...{ rota, who: now.who, since: iso(now.from), until: iso(now.to) },
        next: next && { who: next.who, from: iso(next.from), until: iso(next.to) },
        ...(until === null
          ? {}
          : { shifts: people.shifts(rota, at, until).map(({ from, to, who }) => ({ from: iso(from), until: iso(to), who })) }),
      }))
      if (values.json) io.out(JSON.stringify(shown))
      else if (until === null)
        io.out(
          tableText(
            ['rota', 'on call', 'until', 'then', 'until'],
            shown.map(({ rota, who, until, next }) => [
              rota,
              who ?? '(nobody)',
              until,
              next ? (next.who ?? '(nobody)') : '',
              next?.until ?? '',
            ]),
          ),
        )
      else
        io.out(
          tableText(
            ['rota', 'from', 'until', 'on call'],
            shown.flatMap(({ rota, shifts = [] }) =>
              shifts.map(({ from, until, who }) => [rota, from, until, who ?? '(nobody)']),
            ),
          ),
        )
      return rotas.some(({ now }) => now.who === null) ? 1 : 0
    } finally {
      await close()
    }
  },
}

const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')

function instant(name: string, text: string, zone: string): number {
  const at = parseInstant(text, systemClock.now(), zone)
  if (at === null)
    throw new AppError('usage', `--${name}: "${text}" is no instant (write "2026-12-03 09:00", 2026-12-03T08:00:00Z or now+3d)`)
  return at
}

/** A configuration can be asked before anything was kept. */
function journalOf(config: Configuration): { journal: OnCallJournal | null; close(): Promise<void> } {
  const deps = { health: { report: () => undefined }, clock: systemClock, logger: jsonLogger('error') }
  try {
    const db = config.alerter.journal === null ? openDatabaseReadOnly(config.data) : null
    const { onCall, close } = openAlerts(db, config, deps)
    return {
      journal: onCall,
      async close() {
        await close()
        db?.close()
      },
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return { journal: null, close: async () => undefined }
    throw error
  }
}
