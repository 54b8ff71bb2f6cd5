import type { Problem } from '../../model/check.ts'
import type { Clock } from '../../model/clock.ts'
import type { RuleBoard } from '../../model/rule-board.ts'
import type { RulePreviews } from '../../model/rule-preview.ts'

/** Rules and services over the fake cloud's checks; `hostile` texts stand where tenants write. */
export function fakeRules(problems: readonly Problem[], clock: Clock, hostile: readonly string[] = []) {
  const names = [...new Set(problems.map(({ rule }) => rule))]
  const counts = (rule: string) => {
    const states = { ok: 180, warning: 0, critical: 0, unknown: 0, nodata: 0, pending: 3 }
    for (const problem of problems) if (problem.rule === rule) states[problem.state]++
    return states
  }
  const evil = hostile.join(' ')
  const rules: RuleBoard = {
    rules: () =>
      names.map((name, i) => ({
        ...{ name, plugin: 'metric', about: i === 0 ? 'vCPUs that wait for their host.' : null, service: false },
        ...{
          intervalMs: 60_000,
          attempts: 3,
          targets: 183 + problems.filter(({ rule }) => rule === name).length,
          states: counts(name),
        },
        selection: ['kind in (instance)', 'meta.tier in (gold, silver)', 'az not in (lab)'],
        ...{ overridden: i, ignored: i % 2, switchedOff: 0, cost: { at: clock.now(), checks: 31, ms: 4.2 + i } },
      })),
    check: (id) => {
      const problem = problems.find(({ check }) => check === id)
      if (!problem) return null
      return {
        ...{ rule: problem.rule, about: 'vCPUs that wait for their host.', intervalMs: 60_000, service: false },
        matched: ['kind in (instance)', 'meta.tier in (gold, silver)'],
        labels: { kind: ['instance'], name: [problem.targetName ?? ''], 'meta.tier': ['gold'], tag: ['web', ...hostile] },
        overrides: [{ key: 'warn', value: `5${evil}`, source: 'metadata' }],
        notices: [`metadata specola.${problem.rule}.crit = "${evil}500": would alarm less than the rule does (40)`],
      }
    },
    services: () =>
      problems.slice(0, 3).map(({ check }, i) => ({
        ...{ name: `shop-${i}`, title: ['Web shop', 'Protocollo', 'Referti online'][i] ?? 'Shop', project: null, check },
        ...{ objective: i === 1 ? null : 99.9, about: i === 0 ? 'What citizens see.' : null },
      })),
  }
  const previews: RulePreviews = {
    current: () => 'rules:\n  - name: steal\n    plugin: metric\n',
    async preview({ text, sinceMs }) {
      if (!text.includes('rules:')) return { ok: false, errors: [{ line: 1, column: 1, path: 'rules', message: 'missing' }] }
      const to = clock.now()
      return {
        ok: true,
        preview: {
          ...{ from: to - sinceMs, to, queries: 12, tookMs: 830, cutShort: false, problemCount: problems.length + 20 },
          rules: names.map((name, i) => ({
            name,
            from: i % 2 ? 'states' : 'samples',
            targets: 183,
            found: i,
            also: 0,
            missed: 1,
            real: 1,
            every: null,
          })),
          contacts: [{ name: 'noc', told: 7, really: 5, atNight: 2, reallyAtNight: 0 }],
          problems: problems.slice(0, 8).map((problem, i) => ({
            ...{
              rule: problem.rule,
              project: problem.project,
              state: problem.state,
              output: problem.output,
              real: i % 2 === 0,
              told: ['noc'],
            },
            target: { kind: 'instance', id: problem.target.id, name: problem.targetName },
            ...{ from: to - 3_600_000 * (i + 1), to: i === 0 ? null : to - 3_000_000 * i },
          })),
        },
      }
    },
  }
  return { rules, previews }
}
