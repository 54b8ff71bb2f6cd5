import { printDecimal } from '../../model/decimal.ts'
import { type EfficiencyReport, type Finding, findingKinds } from '../../model/efficiency.ts'
import { type MoneyFormat, moneyFormat } from '../money.ts'
import { namesOf, projectChoices } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeTitle } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const shownAtMost = 200

type Names = Awaited<ReturnType<typeof namesOf>>

/** What is paid for and not used, most money first, each with what it rests on. */
export const efficiencyPage: Route = {
  method: 'get',
  path: '/efficiency{.:format}',
  async handle(visit): Promise<Reply> {
    const project = text(visit, 'project')
    const kind = text(visit, 'kind')
    const report = await visit.deps.efficiency.findings(visit.scope, project === undefined ? {} : { project })
    const findings = report.findings.filter((finding) => kind === undefined || finding.kind === kind)
    const names = await namesOf(
      visit,
      'project',
      findings.map((finding) => finding.project),
    )
    if (visit.shape !== 'html') return list(report, findings, names)
    const money = report.money && moneyFormat(visit.language, report.money)
    const saving = findings.reduce((sum, one) => sum + (one.saving ?? 0n), 0n)
    return {
      kind: 'page',
      view: 'efficiency',
      title: visit.t('nav.efficiency'),
      model: {
        projects: await projectChoices(visit, project),
        kinds: findingKinds.map((value) => ({ value, title: visit.t(`efficiency.kind.${value}`), chosen: value === kind })),
        filtered: project !== undefined || kind !== undefined,
        count: findings.length,
        saving: money && saving > 0n ? money.about(saving) : null,
        priced: money !== null,
        window: rangeTitle(visit, report.window),
        measured: report.measured,
        unknown: report.unknown.length,
        rows: findings.slice(0, shownAtMost).map((finding) => rowOf(visit, finding, money, names)),
        more: Math.max(0, findings.length - shownAtMost),
        csv: linkTo(visit, {}, '/efficiency.csv'),
        json: linkTo(visit, {}, '/efficiency.json'),
      },
    }
  },
}

function rowOf(visit: Visit, finding: Finding, money: MoneyFormat | null, names: Names) {
  const { t, show } = visit
  const { load, flavor, instead, project, since } = finding
  const evidence = [
    ...(load
      ? [
          t('efficiency.cpu', { p95: show.percent(load.cpuP95), peak: show.percent(load.cpuPeak) }),
          ...(load.memoryPeakBytes !== null ? [t('efficiency.memory', { peak: show.bytes(load.memoryPeakBytes) })] : []),
          ...(load.trafficBytes !== null ? [t('efficiency.traffic', { rate: show.byteRate(load.trafficBytes) })] : []),
          t('efficiency.samples', { count: load.samples, coverage: show.percent(100 * load.coverage) }),
        ]
      : []),
    ...(finding.sizeGib !== null && finding.resource !== 'floatingip' ? [show.bytes(finding.sizeGib * 1024 ** 3)] : []),
  ]
  const long = since !== null && finding.kind !== 'oversized' && finding.kind !== 'idle-instance'
  return {
    kind: t(`efficiency.kind.${finding.kind}`),
    title: finding.name ?? finding.id,
    href: finding.resource === 'instance' ? `/instances/${encodeURIComponent(finding.id)}` : null,
    project: project && { name: names(project), href: `/projects/${encodeURIComponent(project)}` },
    advice: instead?.name
      ? t('efficiency.instead', { flavor: instead.name, own: flavor?.name ?? '—' })
      : t(`efficiency.advice.${finding.kind}`),
    evidence,
    since: long ? since : null,
    atLeast: finding.atLeast,
    saving: finding.saving === null || !money ? null : money.about(finding.saving),
    cost: finding.cost === null || !money ? null : money.about(finding.cost),
  }
}

/** The same findings for programs. */
function list(report: EfficiencyReport, findings: readonly Finding[], names: Names): Reply {
  const columns = [
    'kind',
    'resource',
    'id',
    'name',
    'project',
    'project_name',
    'state',
    'since',
    'flavor',
    'instead',
    'month_cost',
    'month_saving',
    'currency',
  ]
  const measured = ['cpu_p95_percent', 'cpu_peak_percent', 'memory_peak_bytes', 'traffic_bytes_per_second', 'samples', 'coverage']
  const amount = (value: bigint | null) =>
    value === null || !report.money ? null : Number(printDecimal(value, report.money.decimals))
  return {
    kind: 'list',
    name: 'efficiency',
    columns: [...columns, ...measured].map((key) => ({ key, title: key })),
    rows: findings.map(({ load, ...one }) => ({
      ...{ kind: one.kind, resource: one.resource, id: one.id, name: one.name, project: one.project },
      ...{ project_name: one.project === null ? null : names(one.project), state: one.state },
      since: one.since === null ? null : new Date(one.since).toISOString(),
      ...{ flavor: one.flavor?.name ?? null, instead: one.instead?.name ?? null },
      ...{ month_cost: amount(one.cost), month_saving: amount(one.saving), currency: report.money?.currency ?? null },
      ...{
        cpu_p95_percent: load?.cpuP95 ?? null,
        cpu_peak_percent: load?.cpuPeak ?? null,
        memory_peak_bytes: load?.memoryPeakBytes ?? null,
      },
      ...{
        traffic_bytes_per_second: load?.trafficBytes ?? null,
        samples: load?.samples ?? null,
        coverage: load?.coverage ?? null,
      },
    })),
  }
}
