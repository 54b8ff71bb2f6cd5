import type { MeasurementName } from '../../model/measurements.ts'
import type { Where } from '../../model/sample.ts'
import { isCounted } from '../../model/usage.ts'
import { eventRows, isMark } from '../event-row.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { machineMetrics } from '../machine-metrics.ts'
import { namesOf } from '../names.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { differencesOf } from '../usage-differences.ts'
import { linkTo, type Visit } from '../visit.ts'
import { instanceShape } from './instances.ts'

const eventsShown = 12
/** Most events are steps and bookkeeping: enough are read that the shown ones are found among them. */
const eventsRead = 100
const segmentsShown = 50

interface ChartSpec {
  key: string
  unit: string
  top: number | null
  fields: readonly string[]
  /** Shows the least and the most of its first field. */
  band?: true
}

const chart = (key: string, unit: string, fields: readonly string[], more: Partial<ChartSpec> = {}): ChartSpec => ({
  ...{ key, unit, fields, top: null },
  ...more,
})

/** The charts of an instance: what each shows and in which unit. Fields are those of the measurement `instance`. */
export const instanceCharts: readonly ChartSpec[] = [
  chart('cpu', '%', ['cpu_percent', 'steal_percent'], { top: 100, band: true }),
  chart('memory', 'B', ['memory_used_bytes', 'memory_used_caches_bytes', 'memory_rss_bytes', 'memory_available_bytes']),
  chart('disk', 'B/s', ['disk_read_bytes', 'disk_write_bytes']),
  chart('network', 'bit/s', ['net_rx_bytes', 'net_tx_bytes']),
  chart('operations', '1/s', ['disk_read_ops', 'disk_write_ops']),
  chart('latency', 'ms', ['disk_read_latency', 'disk_write_latency', 'disk_flush_latency']),
]

/** Folded away until somebody asks: more of the whole, and the same by device, one line each, the busiest six. */
export const foldedCharts: readonly { measurement: MeasurementName; charts: readonly ChartSpec[] }[] = [
  {
    measurement: 'instance',
    charts: [
      chart('queue', '', ['disk_queue']),
      chart('lost', '1/s', ['net_drops', 'net_errors']),
      chart('faults', '1/s', ['major_faults']),
      chart('swap', 'B/s', ['swap_bytes']),
      chart('image', 'B', ['disk_allocated_bytes', 'disk_physical_bytes', 'disk_capacity_bytes']),
      chart('qemuCpu', '%', ['host_cpu_percent']),
    ],
  },
  {
    measurement: 'instance_migration',
    charts: [
      chart('migrationRemaining', 'B', ['remaining_bytes', 'total_bytes']),
      chart('migrationRate', 'B/s', ['throughput', 'dirty_rate']),
      chart('migrationDowntime', 'ms', ['downtime']),
    ],
  },
  {
    measurement: 'instance_vcpu',
    charts: [chart('vcpuUsed', '%', ['cpu_percent'], { top: 100 }), chart('vcpuSteal', '%', ['steal_percent'])],
  },
  {
    measurement: 'instance_disk',
    charts: [
      chart('disk', 'B/s', ['read_bytes', 'write_bytes']),
      chart('operations', '1/s', ['read_ops', 'write_ops']),
      chart('latency', 'ms', ['read_latency', 'write_latency']),
      chart('queue', '', ['queue']),
      chart('image', 'B', ['physical_bytes', 'capacity_bytes']),
    ],
  },
  {
    measurement: 'instance_filesystem',
    charts: [
      chart('filesystem', '%', ['used_percent'], { top: 100 }),
      chart('filesystemBytes', 'B', ['used_bytes', 'total_bytes']),
    ],
  },
  {
    measurement: 'instance_nic',
    charts: [
      chart('network', 'bit/s', ['rx_bytes', 'tx_bytes']),
      chart('packets', '1/s', ['rx_packets', 'tx_packets']),
      chart('lost', '1/s', ['drops', 'errors']),
    ],
  },
]

const byDevice: ReadonlySet<MeasurementName> = new Set(['instance_vcpu', 'instance_filesystem', 'instance_disk', 'instance_nic'])

/** As the view wants them. */
const drawn = (visit: Visit, charts: readonly ChartSpec[]) =>
  charts.map((chart) => ({ ...chart, title: visit.t(`chart.${chart.key}`), fields: chart.fields.join(' ') }))

/** One instance: what it is, what it does, what happened to it, what it used. */
export const instancePage: Route = {
  method: 'get',
  path: '/instances/:id',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-6h')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const instance = await visit.deps.inventory.instance(visit.scope, visit.params.id ?? '')
    if (!instance) return { kind: 'missing' }
    const { range } = parsed
    const [facts, activity, inside, usage, differences, project, rare] = await Promise.all([
      instanceFacts.model(visit),
      instanceActivity.model(visit),
      instanceInside.model(visit),
      usageOf(visit, instance.id, range),
      differencesOf(visit, range, { instance: instance.id }),
      namesOf(visit, 'project', [instance.project]),
      rareOnes(visit, instance.id, range.from),
    ])
    const title = instance.name ?? instance.id
    const projectHref = instance.project ? `/projects/${encodeURIComponent(instance.project)}` : undefined
    return {
      kind: 'page',
      view: 'instance',
      title,
      range,
      scripts: ['charts'],
      crumbs: [
        { title: visit.t('nav.instances'), href: '/instances' },
        ...(projectHref ? [{ title: project(instance.project) as string, href: projectHref }] : []),
        { title },
      ],
      model: {
        id: instance.id,
        factsTopic: topicOf(instanceFacts, visit),
        activityTopic: topicOf(instanceActivity, visit),
        facts,
        activity,
        inside,
        insideTopic: topicOf(instanceInside, visit),
        usage,
        differences,
        control: rangeControl(visit, range),
        from: range.fromText,
        to: range.toText,
        charts: drawn(visit, instanceCharts),
        // A single vCPU is the instance itself.
        folded: foldedCharts
          .filter(({ measurement }) => measurement !== 'instance_vcpu' || (instance.flavor?.vcpus ?? 2) > 1)
          .filter(({ measurement }) => !rarely.has(measurement) || rare.has(measurement))
          .map(({ measurement, charts }) => ({
            ...{ measurement, title: visit.t(`fold.${measurement}`) },
            charts: drawn(visit, charts).map((chart) => ({ ...chart, byDevice: byDevice.has(measurement) })),
          })),
        whoDidWhat: `/timeline?resource=${encodeURIComponent(instance.id)}&from=now-1y`,
        allEvents: `/events?resource=${encodeURIComponent(instance.id)}&from=${encodeURIComponent(range.fromText)}&to=${encodeURIComponent(range.toText)}`,
        month: linkTo(visit, { from: 'now/M', to: 'now' }),
      },
    }
  },
}

/** Head of the page: state, owner, size, place. */
export const instanceFacts: Fragment = {
  name: 'instance-facts',
  access: ['see', 'instances'],
  everyMs: 1000,
  wakes: (change) =>
    change.kind === 'inventory' ||
    (change.kind === 'samples' && change.measurement === ('instance_migration' satisfies MeasurementName)),
  async model(visit) {
    const instance = await visit.deps.inventory.instance(visit.scope, visit.params.id ?? '')
    if (!instance) return { gone: true }
    const [project, user, migration] = await Promise.all([
      namesOf(visit, 'project', [instance.project]),
      namesOf(visit, 'user', [instance.user]),
      migrationOf(visit, instance.id),
    ])
    return {
      ...instance,
      migration,
      shape: instanceShape(instance.state),
      word: instance.state === null ? visit.t('instance.unknown') : visit.t(`instance.${instance.state}`),
      projectName: project(instance.project),
      projectHref: instance.project ? `/projects/${encodeURIComponent(instance.project)}` : null,
      userName: user(instance.user),
      userHref: instance.user && visit.can('see', 'users') ? `/users/${encodeURIComponent(instance.user)}` : null,
      host: visit.can('see', 'hosts') ? instance.host : null,
      hostHref: instance.host === null ? null : `/hosts/${encodeURIComponent(instance.host)}`,
      domain: visit.can('see', 'hosts') ? instance.domain : null,
      up: instance.terminatedAt === null ? instance.launchedAt : null,
      sourceWord: visit.t(`source.${instance.source}`),
    }
  },
}

/** Measured of few instances, or seldom: shown only where there is something. */
const rarely: ReadonlySet<MeasurementName> = new Set(['instance_migration', 'instance_filesystem'])

const dayMs = 86_400_000

/** Which of them were measured within the range, as far as a day back. */
async function rareOnes(visit: Visit, id: string, from: number): Promise<ReadonlySet<MeasurementName>> {
  const since = Math.max(from, visit.now - dayMs)
  const found = await Promise.all(
    [...rarely].map(async (measurement) => {
      const samples = await visit.deps.store.latest({ measurement, where: ofInstance(visit, id), since })
      return samples.length > 0 ? [measurement] : []
    }),
  )
  return new Set(found.flat())
}

/** The instance's samples, and only those of the viewer's projects: it may have been another's before. */
function ofInstance({ scope: { projects } }: Visit, id: string): Where {
  return projects === 'all' ? { instance: id } : { instance: id, project: projects }
}

/** A migration tells of itself every second: one that has not for so long is over. */
const migrationFreshMs = 15_000

/** How far it has come, when it is on its way to another host. */
async function migrationOf(visit: Visit, id: string) {
  const since = visit.now - migrationFreshMs
  const samples = await visit.deps.store.latest({ measurement: 'instance_migration', where: ofInstance(visit, id), since })
  const last = samples.toSorted((a, b) => b.time - a.time)[0]
  if (!last) return null
  const { progress_percent, remaining_bytes, throughput, dirty_rate, downtime, iteration, elapsed } = last.fields
  return {
    ...{ progress: progress_percent, remaining: remaining_bytes, throughput, dirtyRate: dirty_rate, iteration },
    downtime: downtime === undefined ? null : visit.t('migration.milliseconds', { count: Math.round(downtime) }),
    elapsedMs: elapsed === undefined ? null : elapsed * 1000,
    width: Math.round(progress_percent ?? 0),
    host: visit.can('see', 'hosts') ? last.tags.host : null,
    endless: dirty_rate !== undefined && throughput !== undefined && dirty_rate > throughput && (iteration ?? 0) > 2,
  }
}

/** Checks and the newest events. */
export const instanceActivity: Fragment = {
  name: 'instance-activity',
  access: ['see', 'instances'],
  everyMs: 2000,
  wakes: (change) => change.kind === 'problem' || change.kind === 'events',
  async model(visit) {
    const target = { kind: 'instance', id: visit.params.id ?? '' }
    const parsed = rangeOf(visit, 'now-6h')
    const range = parsed.ok ? { from: parsed.range.from, to: parsed.range.to } : {}
    const [checks, events] = await Promise.all([
      visit.deps.alerts.checksOf(visit.scope, target),
      visit.deps.events.events(visit.scope, { resource: target, ...range, limit: eventsRead }),
    ])
    return {
      checks: await problemRows(visit, checks),
      events: await eventRows(visit, events.filter(isMark).slice(0, eventsShown)),
    }
  },
}

/** What the instance says of itself through Ganglia, beside what is seen from outside. */
export const instanceInside: Fragment = {
  name: 'instance-inside',
  access: ['see', 'instances'],
  everyMs: 10_000,
  wakes: (change) => change.kind === 'samples' && change.measurement === 'ganglia',
  async model(visit) {
    const instance = await visit.deps.inventory.instance(visit.scope, visit.params.id ?? '')
    return { machines: instance ? await machineMetrics(visit, { instance: instance.id }) : [] }
  },
}

const hour = 3_600_000
const gib = 1024

/** What the instance used within the range, stretch by stretch, exactly as the ledger has it. */
async function usageOf(visit: Visit, id: string, range: { from: number; to: number }) {
  const segments = await visit.deps.usage.segments(visit.scope, id)
  const within = segments
    .map((segment) => ({
      ...segment,
      start: Math.max(segment.from, range.from),
      end: Math.min(segment.to ?? visit.now, range.to),
    }))
    .filter(({ start, end, state }) => end > start && state !== 'deleted')
  const rows = within.map((segment) => {
    const hours = isCounted(segment) ? (segment.end - segment.start) / hour : null
    return {
      start: segment.start,
      end: segment.end,
      open: segment.to === null && segment.end === visit.now,
      stateWord: visit.t(`class.${segment.state}`),
      flavor: segment.flavor?.name ?? null,
      host: visit.can('see', 'hosts') ? segment.host : null,
      hours,
      vcpuHours: hours === null ? null : hours * (segment.flavor?.vcpus ?? 0),
      memoryHours: hours === null ? null : (hours * (segment.flavor?.memoryMb ?? 0)) / gib,
      provenance: visit.t(`provenance.${segment.provenance}`),
    }
  })
  const sum = (field: 'hours' | 'vcpuHours' | 'memoryHours') => rows.reduce((total, row) => total + (row[field] ?? 0), 0)
  return {
    rows: rows.slice(-segmentsShown).reverse(),
    total: { hours: sum('hours'), vcpuHours: sum('vcpuHours'), memoryHours: sum('memoryHours') },
    hosts: visit.can('see', 'hosts'),
  }
}
