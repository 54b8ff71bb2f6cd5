/** What Ganglia's machines reported → samples, each at the time of its report, each report once. */
import type { Machine, MetricFacts } from '../../model/resource.ts'
import type { Sample } from '../../model/sample.ts'
import type { Matcher } from './match.ts'
import type { GangliaHost, GangliaMetric, GangliaReport } from './parse.ts'

interface LastReport {
  /** Epoch ms, as far as whole seconds tell it. */
  at: number
  value: number
}

/** Of one source: the newest report of each metric that was handed over. */
export type GangliaMemory = Map<string, LastReport>

export interface GangliaReading {
  samples: Sample[]
  machines: Machine[]
  /** Machines whose gmond has been silent for long, oldest report first. */
  silent: { cluster: string; name: string; ageMs: number }[]
}

/** Age is told in whole seconds: two answers may put one report this far apart. */
const sameReportMs = 1500

/** Ganglia's own rule: a host is down, and a value old, when it is four times as old as it may become. */
export const staleAfter = 4

/** The name under which a gmond's own sign of life is kept; Ganglia sends it by this name too. */
export const heartbeat = 'heartbeat'

/** `readAt` is when the answer came, epoch ms. The memory is brought up to date; what is no longer told is forgotten. */
export function gangliaReading(
  report: GangliaReport,
  match: Matcher,
  memory: GangliaMemory,
  readAt: number,
  wanted: ReadonlySet<string> | null,
): GangliaReading {
  const reading: GangliaReading = { samples: [], machines: [], silent: [] }
  const told = new Set<string>()
  for (const { name: cluster, hosts } of report.clusters) {
    if (wanted && !wanted.has(cluster)) continue
    for (const host of hosts) {
      const found = match(host)
      const tags = {
        cluster,
        machine: host.name,
        ...(found.hypervisor !== null && { host: found.hypervisor }),
        ...(found.instance !== null && { instance: found.instance.id }),
        ...(found.instance?.project && { project: found.instance.project }),
      }
      const sign: Report = {
        name: heartbeat,
        value: host.startedAt,
        counter: false,
        tn: host.tn,
        tmax: host.tmax,
        dmax: host.dmax,
      }
      for (const one of [sign, ...host.metrics.flatMap(numeric)]) {
        const key = [cluster, host.name, one.name, found.hypervisor ?? '', found.instance?.id ?? ''].join('\0')
        told.add(key)
        const at = readAt - one.tn * 1000
        const before = memory.get(key)
        if (before && at - before.at < sameReportMs) continue
        memory.set(key, { at, value: one.value })
        const fields = { value: one.value, tmax: one.tmax, ...(one.dmax > 0 && { dmax: one.dmax }), ...rateOf(one, at, before) }
        reading.samples.push({ measurement: 'ganglia', tags: { ...tags, metric: one.name }, fields, time: Math.round(at) })
      }
      reading.machines.push({
        cluster,
        name: host.name,
        address: host.address,
        hypervisor: found.hypervisor,
        instance: found.instance?.id ?? null,
        project: found.instance?.project ?? null,
        metrics: Object.fromEntries(host.metrics.filter(isNumeric).map((metric) => [metric.name, factsOf(metric)])),
        facts: Object.fromEntries(host.metrics.filter(({ type }) => type === 'string').map(({ name, value }) => [name, value])),
        seenAt: readAt,
      })
      if (isSilent(host)) reading.silent.push({ cluster, name: host.name, ageMs: host.tn * 1000 })
    }
  }
  for (const key of memory.keys()) if (!told.has(key)) memory.delete(key)
  reading.silent.sort((a, b) => b.ageMs - a.ageMs)
  return reading
}

interface Report {
  name: string
  value: number
  counter: boolean
  tn: number
  tmax: number
  dmax: number
}

const isNumeric = ({ type, value, name }: GangliaMetric) =>
  type !== 'string' && name !== heartbeat && value.trim() !== '' && Number.isFinite(Number(value))

const numeric = (metric: GangliaMetric): Report[] =>
  isNumeric(metric) ? [{ ...metric, value: Number(metric.value), counter: metric.slope === 'positive' }] : []

/** Of what only ever grows, also how fast it grew; a smaller number began anew and tells nothing. */
function rateOf(report: Report, at: number, before: LastReport | undefined): { rate?: number } {
  if (!report.counter || !before || report.value < before.value) return {}
  return { rate: (report.value - before.value) / ((at - before.at) / 1000) }
}

const factsOf = ({ title, unit, group, type, slope }: GangliaMetric): MetricFacts => ({ title, unit, group, type, slope })

const isSilent = ({ tn, tmax }: GangliaHost) => tmax > 0 && tn > staleAfter * tmax
