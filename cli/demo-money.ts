/** Prices and budgets of the demo cloud, so that there is money to see. Ids are those of the recorded projects. */
import { z } from 'zod'
import { budgetsSection, pricesSection, reportsSection } from '../reports/section.ts'

const sections = z.object({ prices: pricesSection, budgets: budgetsSection, reports: reportsSection })

export const demoMoney = sections.parse({
  prices: {
    currency: 'EUR',
    vat: 22,
    lists: [
      {
        name: 'Listino dimostrativo',
        flavors: [{ name: 'm1.large', hour: 0.39, states: { stopped: 0.12 } }],
        ...{ vcpu: 0.06, memory: 0.018, disk: 0.0012, floatingIp: 0.006, snapshot: 0.0002, backup: 0.0002, image: 0.0001 },
        volumes: [{ type: '*', price: 0.0004 }],
        network: { out: 0.02 },
        states: { stopped: { vcpu: 0 }, suspended: { vcpu: 0 }, offloaded: 0, soft_deleted: 0 },
      },
    ],
  },
  budgets: [],
  // the demo remembers six hours of samples, and is gone before a month is over
  reports: { close: { automatic: false }, efficiency: { window: '6h' } },
})
