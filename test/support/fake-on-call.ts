/** A rota of three, a team, and a real journal behind them: what the pages about people show. */
import { acknowledgeLinks } from '../../alerter/acknowledge-link.ts'
import { peopleOf } from '../../alerter/people.ts'
import { alerterSection } from '../../alerter/section.ts'
import type { Clock } from '../../model/clock.ts'
import type { Database } from '../../store/journal/database.ts'
import { decisionLog } from '../../store/journal/decisions.ts'
import { onCallJournal } from '../../store/journal/on-call.ts'
import { checked } from './alerting.ts'

const people = ['l.bianchi', 'm.rossi', 'g.verdi']

export function fakeOnCall(database: Database, clock: Clock, given: readonly string[] = people) {
  const names = given.map((name) => name.slice(0, 100))
  const text = JSON.stringify({
    contacts: names.map((name) => ({ name })),
    groups: [{ name: 'rete', members: names.slice(0, 2) }],
    rotas: [
      { name: 'reperibili', layers: [{ members: names, begins: '2025-01-06', handOver: 'monday 09:00', every: '1w' }] },
      {
        name: 'notte',
        layers: [{ members: names.slice(1), begins: '2025-01-06', handOver: '20:00', every: '1d', period: 'notti' }],
      },
    ],
    periods: [
      {
        name: 'notti',
        lines: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'].map((day) => `${day} 00:00-08:00,20:00-24:00`),
      },
    ],
  })
  const calendars = onCallJournal(database)
  const onCall = peopleOf(checked(text, alerterSection([])), calendars, clock)
  return { calendars, onCall, decisions: decisionLog(database), links: acknowledgeLinks(Buffer.alloc(32, 7)) }
}
