import type { Problem } from '../../model/check.ts'
import type { Clock } from '../../model/clock.ts'
import type { CheckCost } from '../../model/engine-figures.ts'
import type { EngineView } from '../../ui/engine-view.ts'

const hour = 3_600_000
const day = 24 * hour

/** An engine that has been at work for a while on the problems of the fake cloud. */
export function fakeEngine(clock: Clock, problems: readonly Problem[]): EngineView {
  const cost = ({ check, rule, target, targetName, project }: Problem, n: number): CheckCost => ({
    ...{
      check,
      rule,
      targetName: targetName ?? target.id,
      project,
      runs: 1000 - n,
      tookMs: 3200 / (n + 1),
      lateMs: 900 / (n + 2),
    },
  })
  const costs = problems.map(cost)
  return {
    figures: () => ({
      ...{ checks: 10_240, owned: 5_120, runs: 1_204_331, cycles: 3810, checksPerSecond: 83.4, commitFailures: 2 },
      lateMs: { p50: 120, p95: 480, max: 2210 },
      cycleMs: { p50: 84, p95: 310, max: 1630 },
      commitMs: { p50: 3.1, p95: 9.4, max: 61 },
      deliveries: [
        { notifier: 'email', outcome: 'sent', count: 212 },
        { notifier: 'email', outcome: 'waiting', count: 4 },
      ],
      rules: [...Map.groupBy(costs, ({ rule }) => rule)].map(([rule, of]) => ({
        ...{ rule, checks: of.length, runs: 900, tookMs: of[0]?.tookMs ?? 0 },
      })),
      slowest: costs,
      latest: costs.toReversed(),
      flapping: problems.slice(0, 6).map(({ check, rule, target, targetName, project }, n) => ({
        ...{ check, rule, targetName: targetName ?? target.id, project, percent: 61 - 9 * n, flapping: n < 2 },
      })),
    }),
    history: {
      neverOk: async (_scope, _before, limit) => ({
        count: Math.min(4, problems.length),
        checks: problems.slice(0, Math.min(4, limit)),
      }),
      alwaysOk: async (_scope, _since, limit) => ({
        count: 1480,
        checks: problems.slice(4, 4 + Math.min(3, limit)).map((one) => ({ ...one, state: 'ok', since: clock.now() - 400 * day })),
      }),
      async fatigueFacts(_scope, { from, to }) {
        const changes = problems.flatMap(({ check, rule, target, targetName }, n) =>
          Array.from({ length: 3 }, (_, k) => from + (n * 7 + k * 41) * hour).flatMap((time) => [
            { check, rule, target, targetName, time, to: 'critical' as const },
            { check, rule, target, targetName, time: time + (n + 1) * 0.3 * hour, to: 'ok' as const },
          ]),
        )
        const inside = changes.filter(({ time }) => time < to).sort((a, b) => a.time - b.time)
        const began = inside.filter((one) => one.to === 'critical')
        return {
          changes: inside,
          acknowledged: began.filter((_, n) => n % 3 === 0).map(({ check, time }) => ({ check, time: time + 0.2 * hour })),
          told: began.flatMap(({ check, time }, n) => [
            { check, time, kind: 'problem' as const, contact: 'sala operativa' },
            ...(n % 2 === 0 ? [{ check, time, kind: 'problem' as const, contact: 'Bice Fiori' }] : []),
          ]),
        }
      },
    },
    outbox: async () => ({ count: 4, oldest: clock.now() - 0.1 * hour }),
    engines: async () => [
      { id: 'a', name: 'noc-1', slots: 32, known: 10_240, silentMs: 1200, alone: 0, alive: true },
      { id: 'b', name: 'noc-2', slots: 32, known: 10_238, silentMs: 400, alone: 3, alive: true },
      { id: 'c', name: 'noc-3', slots: 0, known: 10_238, silentMs: 2 * hour, alone: 0, alive: false },
    ],
    zones: new Map(),
  }
}
