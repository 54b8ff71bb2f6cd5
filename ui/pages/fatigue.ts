import { type Durations, type FatigueReport, fatigueReport, lookBackMs, weekAt, weekOf } from '../../model/fatigue.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

/** How much alerts ask of people, a week at a time. */
export const fatiguePage: Route = {
  method: 'get',
  path: '/fatigue{.:format}',
  async handle(visit): Promise<Reply> {
    const asked = text(visit, 'week')
    const zone = visit.config.zone
    const week = asked === undefined ? weekOf(visit.now, zone, 1) : weekAt(asked, zone)
    if (!week) return { kind: 'wrong', message: visit.t('fatigue.wrongWeek', { week: asked }) }
    const facts = await visit.deps.engine.history.fatigueFacts(visit.scope, { ...week, before: week.from - lookBackMs })
    const report = fatigueReport(facts, { ...week, zone, zones: visit.deps.engine.zones })
    if (visit.shape !== 'html') return list(week.week, report)
    const before = weekOf(week.from, zone, 1)
    const after = weekOf(week.from, zone, -1)
    const most = Math.max(1, ...report.nights.map(({ wakeUps }) => wakeUps))
    return {
      kind: 'page',
      view: 'fatigue',
      title: visit.t('nav.fatigue'),
      model: {
        ...report,
        last: week.to - 1,
        running: week.to > visit.now,
        before: linkTo(visit, { week: before.week }),
        after: after.from <= visit.now ? linkTo(visit, { week: after.week }) : null,
        acted: report.told === 0 ? null : { share: (100 * report.acted) / report.told, count: report.acted },
        mtta: durations(visit, report.acknowledged),
        mttr: durations(visit, report.resolved),
        wakeUps: report.nights.reduce((sum, { wakeUps }) => sum + wakeUps, 0),
        noisiest: report.noisiest.map((one) => ({
          ...one,
          href: `/checks/${encodeURIComponent(one.check)}`,
          name: one.targetName ?? one.target.id,
        })),
        nights: report.nights.map(({ evening, wakeUps }) => ({
          ...{ wakeUps, width: Math.round((100 * wakeUps) / most) },
          at: Date.parse(`${evening}T12:00:00Z`),
        })),
        csv: linkTo(visit, { week: week.week }, '/fatigue.csv'),
        json: linkTo(visit, { week: week.week }, '/fatigue.json'),
      },
    }
  },
}

const durations = ({ show }: Visit, of: Durations | null) =>
  of && { count: of.count, mean: show.duration(of.mean), median: show.duration(of.median) }

/** The noisiest checks as rows, and all figures beside them in JSON. */
function list(week: string, { noisiest, ...figures }: FatigueReport): Reply {
  return {
    kind: 'list',
    name: `fatigue-${week}`,
    columns: ['check', 'rule', 'target', 'target_name', 'messages', 'problems'].map((key) => ({ key, title: key })),
    rows: noisiest.map(({ check, rule, target, targetName, messages, problems }) => ({
      ...{ check, rule, target: target.id, target_name: targetName, messages, problems },
    })),
    also: { week, ...figures },
  }
}
