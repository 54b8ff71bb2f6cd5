import { suffering } from '../../model/neighbours.ts'
import { capacities, flavorsOf, flavorsShown, hostFitting, promises } from '../fitting-rows.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { bar, type HostRow, hostRows, instancesAtMost, newestBy } from '../host-rows.ts'
import { machineMetrics } from '../machine-metrics.ts'
import { namesOf } from '../names.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const instancesShown = 100
const freshMs = 300_000
/** The window in which steal and neighbours are set against each other. */
const window = { length: 30 * 60_000, step: 60_000 }

/** Fields are those of the measurement `hypervisor`. */
const hostCharts = [
  { key: 'hostCpu', unit: '%', top: 100, fields: ['cpu_percent', 'iowait_percent'], band: true },
  { key: 'hostMemory', unit: 'B', top: null, fields: ['memory_used_bytes', 'memory_total_bytes'], band: false },
] as const

/** One host: what it has and promised, who runs on it, who suffers from whom, what it says of itself. */
export const hostPage: Route = {
  method: 'get',
  path: '/hosts/:id',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-6h')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const host = visit.params.id ?? ''
    const known = (await visit.deps.inventory.hypervisors(visit.scope)).find((one) => one.host === host)
    if (!known) return { kind: 'missing' }
    const { range } = parsed
    const [now, talkers, inside] = await Promise.all([hostNow.model(visit), hostInstances.model(visit), hostInside.model(visit)])
    return {
      kind: 'page',
      view: 'host',
      title: host,
      range,
      scripts: ['charts'],
      crumbs: [{ title: visit.t('nav.hosts'), href: '/hosts' }, { title: host }],
      model: {
        host,
        ...{ now, talkers, inside, known },
        nowTopic: topicOf(hostNow, visit),
        instancesTopic: topicOf(hostInstances, visit),
        insideTopic: topicOf(hostInside, visit),
        control: rangeControl(visit, range),
        from: range.fromText,
        to: range.toText,
        charts: hostCharts.map((chart) => ({ ...chart, title: visit.t(`chart.${chart.key}`), fields: chart.fields.join(' ') })),
      },
    }
  },
}

/** Head of the page: state, capacity, pools, cells, problems. */
export const hostNow: Fragment = {
  name: 'host-now',
  access: ['see', 'hosts'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'problem' || (change.kind === 'samples' && change.measurement === 'hypervisor'),
  async model(visit) {
    const host = visit.params.id ?? ''
    const [row] = await hostRows(visit, host)
    if (!row) return { gone: true }
    const since = visit.now - freshMs
    const where = { host }
    const [placement, pools, cells, pages, problems] = await Promise.all([
      capacities(visit),
      visit.deps.store.latest({ measurement: 'storage_pool', where, since }),
      visit.deps.store.latest({ measurement: 'numa_cell', where, since }),
      visit.deps.store.latest({ measurement: 'huge_pages', where, since }),
      visit.deps.alerts.problems(visit.scope, { host, limit: 20 }),
    ])
    const provider = placement?.of(host) ?? null
    const flavors = placement && provider ? await flavorsOf(visit) : []
    return {
      ...row,
      capacities: capacitiesOf(visit, row, promises(provider)),
      placement: placement &&
        provider && {
          readAt: placement.readAt,
          flavors: hostFitting(visit, provider, placement, flavors.slice(0, flavorsShown)),
          more: Math.max(0, flavors.length - flavorsShown),
        },
      pools: [...newestBy(pools, 'pool')].map(([pool, { fields }]) => {
        const capacity = { used: fields.allocated_bytes ?? null, allocated: 0, total: fields.capacity_bytes ?? null }
        return { pool, active: fields.active === 1, ...fields, bar: bar(capacity) }
      }),
      cells: [...newestBy(cells, 'cell')]
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([cell, { fields }]) => ({
          cell,
          ...fields,
          pages: pages
            .filter(({ tags }) => tags.cell === cell)
            .map(({ tags, fields }) => ({ size: tags.size, free: fields.free ?? null, total: fields.total ?? null })),
        })),
      problems: await problemRows(visit, problems),
    }
  },
}

function capacitiesOf(visit: Visit, { cpu, memory, disk }: HostRow, promised: ReturnType<typeof promises>) {
  return [
    { key: 'cpu', way: 'figure', ...cpu, bar: bar(cpu), promised: promised.cpu },
    { key: 'memory', way: 'bytes', ...memory, bar: bar(memory), promised: promised.memory },
    { key: 'disk', way: 'bytes', ...disk, bar: bar(disk), promised: promised.disk },
  ].map((one) => ({ ...one, title: visit.t(`hosts.capacity.${one.key}`) }))
}

const talks = {
  cpu: (load: InstanceLoad) => load.cores,
  steal: (load: InstanceLoad) => load.steal,
  memory: (load: InstanceLoad) => load.memory,
  network: (load: InstanceLoad) => load.network,
  disk: (load: InstanceLoad) => load.disk,
} as const
type Talk = keyof typeof talks

interface InstanceLoad {
  cores: number | null
  steal: number | null
  memory: number | null
  network: number | null
  disk: number | null
}

/** Who runs there, the busiest first, and who suffers from whom. */
export const hostInstances: Fragment = {
  name: 'host-instances',
  access: ['see', 'hosts'],
  everyMs: 10_000,
  wakes: (change) => change.kind === 'inventory' || (change.kind === 'samples' && change.measurement === 'instance'),
  async model(visit) {
    const host = visit.params.id ?? ''
    const { inventory, store } = visit.deps
    const { rows: instances, total } = await inventory.instances(visit.scope, { host, limit: instancesAtMost })
    const [samples, project, sufferers] = await Promise.all([
      store.latest({ measurement: 'instance', where: { host }, since: visit.now - freshMs }),
      namesOf(
        visit,
        'project',
        instances.map((instance) => instance.project),
      ),
      sufferersOf(visit, host),
    ])
    const newest = newestBy(samples, 'instance')
    const asked = text(visit, 'by') as Talk
    const by = Object.hasOwn(talks, asked ?? '') ? asked : 'cpu'
    const rows = instances.map(({ id, name, project: owner, flavor, state }) => ({
      ...loadOf(newest.get(id)?.fields ?? {}),
      ...{ id, title: name ?? id, href: `/instances/${encodeURIComponent(id)}`, flavor, state },
      projectName: project(owner),
      projectHref: owner ? `/projects/${encodeURIComponent(owner)}` : null,
    }))
    rows.sort((a, b) => (talks[by](b) ?? -1) - (talks[by](a) ?? -1) || a.title.localeCompare(b.title))
    const here = { path: `/hosts/${encodeURIComponent(host)}`, query: visit.query }
    return {
      rows: rows.slice(0, instancesShown),
      total,
      more: Math.max(0, rows.length - instancesShown),
      all: `/instances?host=${encodeURIComponent(host)}`,
      head: Object.fromEntries(
        Object.keys(talks).map((key) => [
          key,
          {
            title: visit.t(`hosts.talk.${key}`),
            href: `${linkTo(here, { by: key })}#instances`,
            direction: key === by ? 'descending' : 'none',
          },
        ]),
      ),
      sufferers,
      window: window.length,
    }
  },
}

function loadOf(fields: Readonly<Record<string, number>>): InstanceLoad {
  const sum = (...names: string[]) => {
    const known = names.flatMap((name) => fields[name] ?? [])
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  return {
    cores: fields.host_cpu_percent !== undefined ? fields.host_cpu_percent / 100 : null,
    steal: fields.steal_percent ?? null,
    memory: fields.memory_rss_bytes ?? null,
    network: sum('net_rx_bytes', 'net_tx_bytes'),
    disk: sum('disk_read_bytes', 'disk_write_bytes'),
  }
}

/** Steal of the one against the CPU of the others, minute by minute. */
async function sufferersOf(visit: Visit, host: string) {
  const to = Math.ceil(visit.now / window.step) * window.step
  const { series, times } = await visit.deps.store.range({
    ...{ measurement: 'instance', where: { host }, fields: ['steal_percent', 'host_cpu_percent'] },
    ...{ from: to - window.length, to, step: window.step, aggregates: ['mean'], groupBy: ['instance'] },
  })
  const nothing = times.map(() => null)
  const loads = [...Map.groupBy(series, ({ tags }) => tags.instance ?? '')].map(([instance, own]) => ({
    instance,
    steal: own.find(({ field }) => field === 'steal_percent')?.values ?? nothing,
    cores: (own.find(({ field }) => field === 'host_cpu_percent')?.values ?? nothing).map((value) =>
      value === null ? null : value / 100,
    ),
  }))
  const found = suffering(loads)
  const name = await namesOf(
    visit,
    'instance',
    found.flatMap(({ instance, suspects }) => [instance, ...suspects.map((one) => one.instance)]),
  )
  const link = (instance: string) => ({ title: name(instance), href: `/instances/${encodeURIComponent(instance)}` })
  return found.slice(0, 5).map(({ instance, steal, suspects }) => ({
    ...link(instance),
    steal,
    suspects: suspects.map((one) => ({ ...link(one.instance), cores: one.cores, alike: one.correlation })),
  }))
}

/** What the host says of itself, through Ganglia. */
export const hostInside: Fragment = {
  name: 'host-inside',
  access: ['see', 'hosts'],
  everyMs: 10_000,
  wakes: (change) => change.kind === 'samples' && change.measurement === 'ganglia',
  model: async (visit) => ({ machines: await machineMetrics(visit, { hypervisor: visit.params.id ?? '' }) }),
}
