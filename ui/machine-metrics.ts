/** What machines say of themselves through Ganglia, for the page of a host or an instance. */
import type { Machine } from '../model/resource.ts'
import type { Sample } from '../model/sample.ts'
import { sparkLines } from './spark.ts'
import type { Visit } from './visit.ts'

const lookBackMs = 7 * 86_400_000
const step = 120_000
/** Ganglia's own rule, as in the collector: older than four times the time that a report may take. */
const staleAfter = 4
const shownAtMost = 200

/** One block a machine: a host may be told of by several clusters. */
export async function machineMetrics(visit: Visit, own: { hypervisor: string } | { instance: string }) {
  const machines = await visit.deps.machines.machines(visit.scope, own)
  if (machines.length === 0) return []
  const { projects } = visit.scope
  const where = {
    ...('hypervisor' in own ? { host: own.hypervisor } : { instance: own.instance }),
    ...(projects !== 'all' && { project: projects }),
  }
  const to = Math.ceil(visit.now / step) * step
  const [samples, lines] = await Promise.all([
    visit.deps.store.latest({ measurement: 'ganglia', where, since: visit.now - lookBackMs }),
    visit.deps.store.range({
      ...{ measurement: 'ganglia', where, fields: ['value'], aggregates: ['mean'], groupBy: ['cluster', 'machine', 'metric'] },
      ...{ from: to - 30 * step, to, step },
    }),
  ])
  const sparks = new Map(lines.series.map(({ tags, values }) => [keyOf(tags), scaled(values)]))
  return machines.map((machine) => blockOf(visit, machine, samples, sparks))
}

const keyOf = (tags: Readonly<Record<string, string>>) => [tags.cluster, tags.machine, tags.metric].join('\0')

function blockOf(visit: Visit, machine: Machine, samples: readonly Sample[], sparks: ReadonlyMap<string, readonly string[]>) {
  const newest = new Map<string, Sample>()
  for (const sample of samples)
    if (sample.tags.cluster === machine.cluster && sample.tags.machine === machine.name) {
      const metric = sample.tags.metric ?? ''
      if (sample.time >= (newest.get(metric)?.time ?? 0)) newest.set(metric, sample)
    }
  const rows = [...newest].flatMap(([metric, { fields, time, tags }]) => {
    const { value, dmax = 0, tmax = 60 } = fields
    const age = visit.now - time
    if (metric === 'heartbeat' || value === undefined || (dmax > 0 && age > dmax * 1000)) return []
    const facts = Object.hasOwn(machine.metrics, metric) ? machine.metrics[metric] : undefined
    return [
      {
        ...{ metric, title: facts?.title ?? metric, group: facts?.group ?? '' },
        ...{ shown: shownValue(visit, value, facts?.unit ?? ''), exact: value, rate: fields.rate ?? null },
        ...{ time, stale: age > tmax * 1000 * staleAfter, lines: sparks.get(keyOf(tags)) ?? null },
      },
    ]
  })
  rows.sort((a, b) => a.group.localeCompare(b.group) || a.metric.localeCompare(b.metric))
  const sign = newest.get('heartbeat')
  return {
    cluster: machine.cluster,
    name: machine.name,
    heardAt: sign?.time ?? null,
    silent: sign !== undefined && visit.now - sign.time > (sign.fields.tmax ?? 20) * 1000 * staleAfter,
    facts: Object.entries(machine.facts)
      .sort(([a], [b]) => a.localeCompare(b))
      .slice(0, 20)
      .map(([name, value]) => ({ name, value })),
    rows: rows.slice(0, shownAtMost),
    more: Math.max(0, rows.length - shownAtMost),
  }
}

/** Ganglia's units are words; those that are known become ours, the others stand as they came. */
function shownValue({ show }: Visit, value: number, unit: string): string {
  const word = unit.trim().toLowerCase()
  if (word === 'kb') return show.bytes(value * 1024)
  if (word === 'gb') return show.bytes(value * 1e9)
  if (word === 'bytes') return show.bytes(value)
  if (word === 'bytes/sec') return show.byteRate(value)
  if (word === '%') return show.percent(value)
  if (word === 's' && value > 1e9) return show.full(value * 1000) // boottime
  return `${show.figure(value)}${unit === '' ? '' : `\u202f${unit}`}`
}

/** From its own least to its own most, so that any unit shows how it went. */
function scaled(values: readonly (number | null)[]): string[] {
  const known = values.filter((value) => value !== null)
  const least = Math.min(...known, 0)
  const top = Math.max(...known) - least
  return sparkLines(
    values.map((value) => (value === null ? null : value - least)),
    top > 0 ? top : 1,
  )
}
