import { requestOf, roomFor } from '../../model/fitting.ts'
import {
  type Capacities,
  capacities,
  cloudFitting,
  flavorsOf,
  flavorsShown,
  hostFitting,
  type KnownFlavor,
  promises,
} from '../fitting-rows.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { bar, type Capacity, type HostRow, hostRows } from '../host-rows.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const sorts = {
  host: (row: HostRow) => row.host,
  cpu: (row: HostRow) => row.cpuPercent ?? -1,
  memory: (row: HostRow) => bar(row.memory).used,
  instances: (row: HostRow) => row.instances,
} as const
type Sort = keyof typeof sorts

/** All hypervisors: what they have, what is promised, what is used. */
export const hostsPage: Route = {
  method: 'get',
  path: '/hosts{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(visit, await hostRows(visit))
    return {
      kind: 'page',
      view: 'hosts',
      title: visit.t('nav.hosts'),
      model: {
        topic: topicOf(hostList, visit),
        content: await hostList.model(visit),
        csv: linkTo(visit, {}, '/hosts.csv'),
        json: linkTo(visit, {}, '/hosts.json'),
      },
    }
  },
}

export const hostList: Fragment = {
  name: 'host-list',
  access: ['see', 'hosts'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'problem' || (change.kind === 'samples' && change.measurement === 'hypervisor'),
  async model(visit) {
    const [rows, placement] = await Promise.all([hostRows(visit), capacities(visit)])
    const flavors = placement ? await flavorsOf(visit) : []
    const chosen = flavors.find(({ id }) => id === visit.query.get('flavor')) ?? null
    const asked = text(visit, 'sort') as Sort
    const sort = Object.hasOwn(sorts, asked ?? '') ? asked : 'host'
    const descending = visit.query.get('desc') === '1'
    const key = sorts[sort]
    const sorted = rows.toSorted((a, b) => {
      const [x, y] = [key(a), key(b)]
      const order =
        typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true })
      return (descending ? -order : order) || a.host.localeCompare(b.host)
    })
    return {
      rows: sorted.map((row) => ({
        ...row,
        ...(placement && ofPlacement(visit, row.host, placement, chosen)),
        cpuBar: bar(row.cpu),
        memoryBar: bar(row.memory),
        diskBar: bar(row.disk),
        heat: heatOf(row),
      })),
      head: head(visit, sort, descending),
      total: totals(rows),
      chosen,
      placement: placement && {
        readAt: placement.readAt,
        flavors: cloudFitting(visit, placement, flavors.slice(0, flavorsShown)).map((flavor) => ({
          ...flavor,
          href: linkTo(visit, { flavor: flavor.id === chosen?.id ? null : flavor.id }),
          chosen: flavor.id === chosen?.id,
        })),
        more: Math.max(0, flavors.length - flavorsShown),
      },
    }
  },
}

/** How far a host may be promised, and how many more of the chosen flavor fit on it. */
function ofPlacement(visit: Visit, host: string, placement: Capacities, chosen: KnownFlavor | null) {
  const provider = placement.of(host)
  const [fit] = provider && chosen ? hostFitting(visit, provider, placement, [chosen]) : []
  return { promised: promises(provider), fit: fit ?? null }
}

/** Which of six shades a cell has; null = no reading. */
const heatOf = ({ cpuPercent }: HostRow) => (cpuPercent === null ? null : Math.min(5, Math.floor(cpuPercent / (100 / 6))))

function head(visit: Visit, sort: Sort, descending: boolean) {
  const here = { path: '/hosts', query: visit.query }
  return Object.fromEntries(
    Object.keys(sorts).map((name) => {
      const chosen = name === sort
      // Numbers are asked for from the top.
      const turned = chosen ? !descending : name !== 'host'
      return [
        name,
        {
          title: visit.t(`hosts.column.${name}`),
          href: linkTo(here, { sort: name, desc: turned ? '1' : null }),
          direction: chosen ? (descending ? 'descending' : 'ascending') : 'none',
        },
      ]
    }),
  )
}

function totals(rows: readonly HostRow[]) {
  const sum = (of: (row: HostRow) => Capacity): Capacity => {
    const add = (field: 'used' | 'total') => {
      const known = rows.flatMap((row) => of(row)[field] ?? [])
      return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
    }
    return { used: add('used'), total: add('total'), allocated: rows.reduce((total, row) => total + of(row).allocated, 0) }
  }
  return {
    hosts: rows.length,
    instances: rows.reduce((total, { instances }) => total + instances, 0),
    cpu: sum(({ cpu }) => cpu),
    memory: sum(({ memory }) => memory),
  }
}

async function list(visit: Visit, rows: readonly HostRow[]): Promise<Reply> {
  const placement = await capacities(visit)
  const flavor = placement && (await flavorsOf(visit)).find(({ id }) => id === visit.query.get('flavor'))
  const columns = ['host', 'cpu_percent', 'cpus', 'vcpus_allocated', 'memory_used', 'memory_allocated', 'memory_total']
  const more = ['disk_used', 'disk_allocated', 'disk_total', 'instances', 'read_at', 'version']
  const limits = ['vcpus_promisable', 'memory_promisable', 'disk_promisable', ...(flavor ? ['fits', 'fits_limit'] : [])]
  return {
    kind: 'list',
    name: 'hosts',
    total: rows.length,
    columns: [...columns, ...more, ...limits].map((key) => ({ key, title: key })),
    rows: rows.map(({ host, cpuPercent, cpu, memory, disk, instances, readAt, version }) => ({
      ...{ host, cpu_percent: cpuPercent, cpus: cpu.total, vcpus_allocated: cpu.allocated },
      ...{ memory_used: memory.used, memory_allocated: memory.allocated, memory_total: memory.total },
      ...{ disk_used: disk.used, disk_allocated: disk.allocated, disk_total: disk.total },
      ...{ instances, read_at: readAt === null ? null : new Date(readAt).toISOString(), version },
      ...promisable(host, placement),
      ...(flavor && placement && fitOf(host, flavor, placement)),
    })),
  }
}

function promisable(host: string, placement: Capacities | null) {
  const { cpu, memory, disk } = promises(placement?.of(host) ?? null)
  return {
    ...{ vcpus_promisable: cpu?.capacity ?? null, memory_promisable: memory?.capacity ?? null },
    disk_promisable: disk?.capacity ?? null,
  }
}

function fitOf(host: string, flavor: KnownFlavor, placement: Capacities) {
  const provider = placement.of(host)
  const fit = provider && roomFor(provider, requestOf(flavor), placement.shared)
  return { fits: fit?.count ?? null, fits_limit: fit?.limit ?? null }
}
