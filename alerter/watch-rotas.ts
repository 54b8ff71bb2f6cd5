/** Shifts without anybody, told before they come: each rota is a component of the Health page, and a target of the check on-call. */
import { type Clock, every } from '../model/clock.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Shift } from '../model/rota.ts'
import { edgesOf, within } from '../model/time-period.ts'
import type { People } from './people.ts'
import type { AlerterConfig, Contact } from './section.ts'

const lookMs = 30_000

export interface Trouble {
  from: number
  to: number
  /** `unreachable`: somebody is on call whom no message reaches then. */
  what: 'empty' | 'unreachable'
  who: string | null
  reason: string
}

/** What is wrong in these shifts, in order. */
export function troublesOf(shifts: readonly Shift[], contacts: ReadonlyMap<string, Contact>): Trouble[] {
  return shifts.flatMap(({ from, to, who }): Trouble[] => {
    if (who === null) return [{ from, to, what: 'empty', who: null, reason: 'nobody is on call' }]
    const contact = contacts.get(who)
    if (!contact) return [{ from, to, what: 'empty', who, reason: `${who} is no contact` }]
    const { period } = contact
    if (period === null) return []
    const edges = [from, ...edgesOf(period, from + 1, to)]
    return edges.flatMap((at, index): Trouble[] =>
      within(period, at)
        ? []
        : [
            {
              from: at,
              to: edges[index + 1] ?? to,
              what: 'unreachable',
              who,
              reason: `${who} is on call outside of the own period "${period.name}"`,
            },
          ],
    )
  })
}

/** Reports each rota until the signal is aborted. */
export async function watchRotas(
  config: Pick<AlerterConfig, 'rotas' | 'contacts'>,
  deps: { people: People; health: HealthBoard; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (config.rotas.length === 0) return
  const { people, health, clock } = deps
  const contacts = new Map(config.contacts.map((contact) => [contact.name, contact]))
  await every(clock, lookMs, signal, async () => {
    await people.refresh().catch(() => undefined) // the journal is away: what was read stands
    const now = clock.now()
    for (const { name, warnMs, zone } of config.rotas) {
      const troubles = troublesOf(people.shifts(name, now, now + warnMs), contacts)
      const [first] = troubles
      const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone })
      const open = first !== undefined && first.from <= now
      const empty = first ? Math.max(0, Math.round((first.from - now) / 1000)) : Math.round(warnMs / 1000)
      const onCall = people.rotas(now).find(({ rota }) => rota === name)?.now.who
      health.report({
        ...{ component: `rota ${name}`, kind: 'on-call' as const, state: open ? 'down' : first ? 'degraded' : 'ok' },
        detail: first
          ? `${open ? '' : `from ${when.format(first.from)} `}until ${when.format(first.to)}: ${first.reason}`
          : `${onCall} is on call`,
        numbers: { covered_seconds: empty, gaps: troubles.length },
      })
    }
  })
}
