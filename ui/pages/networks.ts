import { type Availability, ipAvailability } from '../../model/ip-availability.ts'
import {
  type Port,
  placeTraffic,
  sumTraffic,
  type TapTraffic,
  type TrafficKey,
  type TrafficSum,
} from '../../model/port-traffic.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { instancesAtMost } from '../host-rows.ts'
import { namesOf } from '../names.ts'
import type { Reply, Route } from '../route.ts'
import { rangeControl, rangeOf, wrongRange } from '../time-range.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const keys = ['network', 'subnet', 'project', 'port', 'instance'] as const
const shownAtMost = 200

/** Who moved how much in which network, from the interfaces' own counters; and the addresses that are left. */
export const networksPage: Route = {
  method: 'get',
  path: '/networks{.:format}',
  async handle(visit): Promise<Reply> {
    const parsed = rangeOf(visit, 'now-1h')
    if (!parsed.ok) return wrongRange(visit, parsed.wrong)
    const { range } = parsed
    const by = keyOf(visit)
    if (visit.shape !== 'html') return list(by, (await trafficOf(visit, range)).rows)
    return {
      kind: 'page',
      view: 'networks',
      title: visit.t('nav.networks'),
      range,
      model: {
        topic: topicOf(networkTraffic, visit),
        content: await networkTraffic.model(visit),
        control: rangeControl(visit, range),
        choices: keys.map((key) => ({
          title: visit.t(`networks.by.${key}`),
          href: linkTo(visit, { by: key }),
          chosen: key === by,
        })),
        csv: linkTo(visit, {}, '/networks.csv'),
        json: linkTo(visit, {}, '/networks.json'),
      },
    }
  },
}

export const networkTraffic: Fragment = {
  name: 'network-traffic',
  access: ['see', 'instances'],
  everyMs: 15_000,
  wakes: (change) => change.kind === 'samples' && change.measurement === 'instance_nic',
  async model(visit) {
    const parsed = rangeOf(visit, 'now-1h')
    if (!parsed.ok) return { rows: [], subnets: [] }
    const { rows, subnets, known } = await trafficOf(visit, parsed.range)
    const most = Math.max(...rows.map(({ rxBytes, txBytes }) => rxBytes + txBytes), 0)
    return {
      column: visit.t(`networks.by.${keyOf(visit)}`),
      rows: rows
        .slice(0, shownAtMost)
        .map((row) => ({ ...row, bar: most === 0 ? 0 : (100 * (row.rxBytes + row.txBytes)) / most })),
      subnets,
      known,
    }
  },
}

function keyOf(visit: Visit): TrafficKey {
  const asked = text(visit, 'by')
  return keys.find((key) => key === asked) ?? 'network'
}

async function trafficOf(visit: Visit, { from, to }: { from: number; to: number }) {
  const { networks } = visit.deps
  const [taps, ports, subnets, named] = await Promise.all([
    tapsOf(visit, from, to),
    networks.ports(visit.scope),
    networks.subnets(visit.scope),
    networks.networks(visit.scope),
  ])
  const instances = ports.length > 0 ? [] : await networksOf(visit, taps)
  const by = keyOf(visit)
  const sums = sumTraffic(placeTraffic(taps, ports, instances), by)
  const title = await titlesOf(visit, by, sums, [...named, ...subnets, ...ports.map(byAddress)])
  // what lies in somebody else's subnet is not known here
  const counted = subnets.filter(({ pools }) => pools.length > 0)
  const availabilities = ipAvailability(counted, ports)
  return {
    rows: sums.map((sum) => ({ ...sum, title: title(sum.key), href: hrefOf(by, sum.key) })),
    subnets: counted.map((subnet, n) => {
      const available = availabilities[n] as Availability
      const network = named.find(({ id }) => id === subnet.network)
      return {
        ...available,
        ...{ title: subnet.name ?? subnet.id, cidr: subnet.cidr, networkTitle: network?.name ?? subnet.network },
        scarce: available.total > 0 && available.free / available.total < 0.1,
      }
    }),
    known: ports.length > 0,
  }
}

/** Names of networks from the instances' own addresses, where Neutron's ports are not known. */
async function networksOf(visit: Visit, taps: readonly TapTraffic[]) {
  const wanted = new Set(taps.map(({ instance }) => instance))
  const { rows } = await visit.deps.inventory.instances(visit.scope, { deleted: true, limit: instancesAtMost, sort: 'created' })
  return rows.filter(({ id }) => wanted.has(id))
}

/** Mean of each interface over the range: one query. The scope is part of it. */
async function tapsOf(visit: Visit, from: number, to: number): Promise<TapTraffic[]> {
  const { projects } = visit.scope
  const step = Math.max(10_000, to - from)
  const fields = ['rx_bytes', 'tx_bytes', 'drops'] as const
  const { series } = await visit.deps.store.range({
    ...{ measurement: 'instance_nic', fields, where: projects === 'all' ? {} : { project: projects } },
    ...{ from, to, step, aggregates: ['sum', 'count'], groupBy: ['instance', 'project', 'device'] },
  })
  return [...Map.groupBy(series, ({ tags }) => [tags.instance, tags.project, tags.device].join('\0')).values()].map((own) => {
    const tags = own[0]?.tags ?? {}
    const total = (field: string, aggregate: string) =>
      own
        .filter((one) => one.field === field && one.aggregate === aggregate)
        .reduce((sum, { values }) => sum + values.reduce<number>((a, b) => a + (b ?? 0), 0), 0)
    const mean = (field: string) => total(field, 'sum') / Math.max(1, total(field, 'count'))
    return {
      ...{ instance: tags.instance ?? '', project: tags.project || null, device: tags.device ?? '' },
      ...{ rxBytes: mean('rx_bytes'), txBytes: mean('tx_bytes'), drops: mean('drops') },
    }
  })
}

/** A port of an instance has no name: it goes by its addresses. */
const byAddress = ({ id, fixed }: Port) => ({ id, name: fixed.map(({ address }) => address).join(', ') || null })

async function titlesOf(
  visit: Visit,
  by: TrafficKey,
  sums: readonly TrafficSum[],
  known: readonly { id: string; name: string | null }[],
) {
  const unplaced = visit.t('networks.unplaced')
  if (by === 'project' || by === 'instance') {
    const name = await namesOf(
      visit,
      by,
      sums.map(({ key }) => key),
    )
    return (key: string | null) => name(key) ?? unplaced
  }
  const names = new Map(known.map(({ id, name }) => [id, name ?? id]))
  return (key: string | null) => (key === null ? unplaced : (names.get(key) ?? key))
}

function hrefOf(by: TrafficKey, key: string | null): string | null {
  if (key === null || (by !== 'project' && by !== 'instance')) return null
  return `/${by}s/${encodeURIComponent(key)}`
}

function list(by: TrafficKey, rows: readonly (TrafficSum & { title: string })[]): Reply {
  const columns = [
    by,
    'name',
    'instances',
    'interfaces',
    'received_bytes_per_second',
    'sent_bytes_per_second',
    'drops_per_second',
  ]
  return {
    kind: 'list',
    name: `traffic-by-${by}`,
    total: rows.length,
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map(({ key, title, instances, taps, rxBytes, txBytes, drops }) => ({
      ...{ [by]: key, name: title, instances, interfaces: taps },
      ...{ received_bytes_per_second: rxBytes, sent_bytes_per_second: txBytes, drops_per_second: drops },
    })),
  }
}
