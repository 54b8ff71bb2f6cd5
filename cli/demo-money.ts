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
  budgets: [
    { project: 'f01d88d1e28c487e8291c3f95eea6840', month: 450 },
    { project: '2b249b07e59c4585b5376f728094dac5', month: 500 },
    { project: '2af47b26a38245838f5cce7675e3f6bb', month: 420, thresholds: [75, 100] },
  ],
  // the demo's past is all there when it starts, and recorded with gaps; it remembers six hours of samples
  reports: { close: { settle: '1s', gaps: 'flag' }, efficiency: { window: '6h' } },
})
