/** A real journal with a small life in it, for tests of reports and months. */
import type { Clock } from '../../model/clock.ts'
import type { PriceBook } from '../../model/price-book.ts'
import type { FlavorSize } from '../../model/rating.ts'
import type { StateClass } from '../../model/usage.ts'
import { priceBook, pricesSection } from '../../reports/section.ts'
import type { ReportDeps } from '../../reports/sources.ts'
import type { Database } from '../../store/journal/database.ts'
import { flavorJournal } from '../../store/journal/flavor-specs.ts'
import { inventory } from '../../store/journal/inventory.ts'
import { monthJournal } from '../../store/journal/months.ts'
import { usageJournal } from '../../store/journal/usage.ts'

export const zone = 'Europe/Rome'
export const small: FlavorSize = { id: '1', name: 'm1.small', vcpus: 1, memoryMb: 2048, diskGb: 20 }
export const large: FlavorSize = { id: '3', name: 'm1.large', vcpus: 4, memoryMb: 8192, diskGb: 80 }

export const bookOf = (lists: readonly object[], more: object = {}): PriceBook =>
  priceBook(pricesSection.parse({ currency: 'EUR', vat: 22, lists, ...more }), zone)

export const plainBook = bookOf([{ name: 'Listino', vcpu: 0.01, memory: 0.002, disk: 0.0001, states: { stopped: { vcpu: 0 } } }])

/** A clock that stands still. */
export const fixedClock = (now: number): Clock => ({ now: () => now, monotonic: () => now, sleep: async () => undefined })

export const at = (text: string) => Date.parse(text)

export interface Life {
  instance: string
  name?: string
  project?: string
  user?: string
  host?: string
  flavor?: FlavorSize
  state?: StateClass
  from: number
  to: number | null
}

/** Writes segments as the ledger would have, and the names that go with them. */
export function live(db: Database, lives: readonly Life[]): void {
  db.transaction(() => {
    for (const {
      instance,
      name,
      project = 'p1',
      user = 'u1',
      host = 'hv-1',
      flavor = small,
      state = 'running',
      from,
      to,
    } of lives) {
      db.run(
        `INSERT INTO instance (id, name, project, user, host, flavor, addresses, source, updated_at, launched_at, terminated_at, state)
         VALUES (?, ?, ?, ?, ?, ?, '[]', 'event', ?, ?, ?, 'active') ON CONFLICT DO NOTHING`,
        ...[instance, name ?? instance, project, user, host, JSON.stringify(flavor), from, from, to],
      )
      db.run(
        'INSERT INTO segment (instance, start, stop, state, flavor, host, project, user, provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[instance, from, to, state, JSON.stringify(flavor), host, project, user, 'event'],
      )
      for (const [kind, id] of [
        ['project', project],
        ['user', user],
      ] as const)
        db.run('INSERT INTO named (kind, id, name, time) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING', kind, id, `${kind} ${id}`)
    }
  })
}

export function depsOf(
  db: Database,
  clock: Clock,
  book: PriceBook | null = plainBook,
  more: Partial<ReportDeps> = {},
): ReportDeps {
  return {
    ...{ usage: usageJournal(db, clock), inventory: inventory(db), months: monthJournal(db), flavors: flavorJournal(db) },
    ...{ clock, book, zone },
    ...more,
  }
}
