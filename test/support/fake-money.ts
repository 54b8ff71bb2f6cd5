/** Prices, budgets and one closed month over the fake cloud: the real reports, over journals that hold little. */
import { everything } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Inventory, ResourceJournal, SampleStore, UsageJournal } from '../../model/contract.ts'
import { budgets } from '../../reports/budgets.ts'
import { efficiency } from '../../reports/efficiency.ts'
import { reports } from '../../reports/reports.ts'
import { budgetsSection, priceBook, pricesSection } from '../../reports/section.ts'
import type { ReportDeps } from '../../reports/sources.ts'
import type { Database } from '../../store/journal/database.ts'
import { flavorJournal } from '../../store/journal/flavor-specs.ts'
import { monthJournal } from '../../store/journal/months.ts'
import { fakeProjects } from './fake-cloud.ts'

export const fakePrices = pricesSection.parse({
  currency: 'EUR',
  vat: 22,
  lists: [
    {
      name: 'Listino 2026',
      vcpu: 0.012,
      memory: 0.003,
      disk: 0.0002,
      floatingIp: 0.004,
      volumes: [{ type: '*', price: 0.0003 }],
      states: { stopped: { vcpu: 0 } },
    },
  ],
})

export const fakeBudgets = budgetsSection.parse([
  { project: fakeProjects[0].id, month: 900 },
  { project: fakeProjects[1].id, month: 4000 },
])

export function fakeMoney(
  cloud: { usage: UsageJournal; inventory: Inventory; store: SampleStore; resources: ResourceJournal },
  database: Database,
  clock: Clock,
  priced = true,
) {
  const deps: ReportDeps = {
    ...{
      usage: cloud.usage,
      inventory: cloud.inventory,
      store: cloud.store,
      resources: cloud.resources,
      clock,
      zone: 'Europe/Rome',
    },
    ...{ months: monthJournal(database), flavors: flavorJournal(database) },
    book: priced ? priceBook(fakePrices, 'Europe/Rome') : null,
  }
  return {
    deps,
    reports: reports(deps),
    budgets: budgets(fakeBudgets, deps),
    efficiency: efficiency({ windowMs: 2 * 86_400_000 }, deps),
    scope: everything,
  }
}
