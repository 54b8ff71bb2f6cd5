import type { Problem } from '../../model/check.ts'
import type { CheckCost, Spread } from '../../model/engine-figures.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'

const listed = 10
const yearMs = 365 * 86_400_000
/** What is not known for longer has had no chance to be ok. */
export const newMs = 3_600_000

/** What the alert engine costs, how late it is, which checks deserve a look, and which engines share the work. */
export const enginePage: Route = {
  method: 'get',
  path: '/engine{.:format}',
  async handle(visit): Promise<Reply> {
    const { engine } = visit.deps
    const figures = engine.figures()
    if (visit.shape !== 'html') return list(visit)
    const [engines, neverOk, alwaysOk, outbox] = await Promise.all([
      engine.engines(),
      engine.history.neverOk(visit.scope, visit.now - newMs, listed),
      engine.history.alwaysOk(visit.scope, visit.now - yearMs, listed),
      engine.outbox(),
    ])
    return {
      kind: 'page',
      view: 'engine',
      title: visit.t('nav.engine'),
      model: {
        figures: figures && {
          ...figures,
          all: figures.owned === figures.checks,
          late: spread(visit, figures.lateMs),
          cycle: spread(visit, figures.cycleMs),
          commit: spread(visit, figures.commitMs),
        },
        outbox,
        engines: engines.map((one) => ({
          ...one,
          shape: one.alive ? (one.slots === 0 ? 'warning' : 'ok') : 'unknown',
          word: visit.t(one.alive ? (one.slots === 0 ? 'engine.idle' : 'engine.alive') : 'engine.silent'),
          seen: visit.now - one.silentMs,
        })),
        slowest: (figures?.slowest ?? []).slice(0, listed).map((one) => costRow(one, ms(visit, one.tookMs))),
        latest: (figures?.latest ?? []).slice(0, listed).map((one) => costRow(one, ms(visit, one.lateMs))),
        flapping: (figures?.flapping ?? []).slice(0, listed).map(({ check, rule, targetName, percent, flapping }) => ({
          ...{ href: hrefOf(check), target: targetName, rule, flapping, value: visit.show.percent(percent) },
        })),
        rules: (figures?.rules ?? [])
          .toSorted((a, b) => b.tookMs * b.runs - a.tookMs * a.runs)
          .map((one) => ({ ...one, took: ms(visit, one.tookMs) })),
        neverOk: { count: neverOk.count, rows: neverOk.checks.map((one) => problemRow(visit, one)) },
        alwaysOk: { count: alwaysOk.count, rows: alwaysOk.checks.map((one) => problemRow(visit, one)) },
        csv: '/engine.csv',
        json: '/engine.json',
      },
    }
  },
}

const hrefOf = (check: string) => `/checks/${encodeURIComponent(check)}`

/** Milliseconds as engineers read them. */
const ms = ({ show }: Visit, value: number) => {
  if (value < 1000) return `${show.figure(value)}\u202fms`
  return value < 60_000 ? `${show.figure(value / 1000)}\u202fs` : show.duration(value)
}

const spread = (visit: Visit, values: Spread | null) =>
  values && { p50: ms(visit, values.p50), p95: ms(visit, values.p95), max: ms(visit, values.max) }

const costRow = ({ check, rule, targetName, runs }: CheckCost, value: string) => ({
  ...{ href: hrefOf(check), target: targetName, rule, runs, value },
})

const problemRow = (visit: Visit, { check, rule, target, targetName, state, since }: Problem) => ({
  ...{ href: hrefOf(check), target: targetName ?? target.id, rule, since, shape: state, word: visit.t(`state.${state}`) },
})

/** Every check's cost that is known, for programs. */
function list({ deps }: Visit): Reply {
  const figures = deps.engine.figures()
  const rows = new Map([...(figures?.slowest ?? []), ...(figures?.latest ?? [])].map((one) => [one.check, one]))
  const { slowest: _, latest: __, flapping, ...sums } = figures ?? { slowest: [], latest: [], flapping: [] }
  const percent = new Map(flapping.map((one) => [one.check, one.percent]))
  return {
    kind: 'list',
    name: 'engine',
    columns: ['check', 'rule', 'target', 'project', 'runs', 'took_ms', 'late_ms', 'flapping_percent'].map((key) => ({
      key,
      title: key,
    })),
    rows: [...rows.values()].map((one) => ({
      ...{ check: one.check, rule: one.rule, target: one.targetName, project: one.project, runs: one.runs },
      ...{ took_ms: one.tookMs, late_ms: one.lateMs, flapping_percent: percent.get(one.check) ?? 0 },
    })),
    also: { engine: sums },
  }
}
