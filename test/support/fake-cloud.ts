/** A small cloud that never changes by itself: 40 instances, 4 projects, problems in every state, samples by formula. */
import { liveHub } from '../../collector/live.ts'
import type { Scope } from '../../model/access.ts'
import type { NotificationRecord, Perfdata, Problem, State, Transition } from '../../model/check.ts'
import type { Clock } from '../../model/clock.ts'
import type { AlertCommands, AlertJournal, EventJournal, EventRow, Inventory, Live, UsageJournal } from '../../model/contract.ts'
import type { StoredDowntime } from '../../model/downtime.ts'
import type { ComponentHealth, HealthBoard } from '../../model/health.ts'
import type { Hypervisor, Instance, Machine } from '../../model/resource.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore, Series } from '../../model/sample.ts'
import type { Segment, UsageRow } from '../../model/usage.ts'
import { differenceOf } from '../../model/usage-difference.ts'
import { fakeCapacity } from './fake-capacity.ts'
import { fakeEngine } from './fake-engine.ts'
import { fakeMachines, gangliaSources } from './fake-machines.ts'
import { fakeNetworks, tapOf } from './fake-networks.ts'
import { fakeCompleteness, fakeTimeline } from './fake-timeline.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const gib = 1024 ** 3

export const fakeProjects = [
  { id: 'a1c0ffee00004000800000000000000a', name: 'anagrafe' },
  { id: 'b2c0ffee00004000800000000000000b', name: 'sanita' },
  { id: 'c3c0ffee00004000800000000000000c', name: 'protocollo' },
  { id: 'd4c0ffee00004000800000000000000d', name: 'lab' },
] as const

export const fakeUsers = [
  { id: 'e1000000000040008000000000000001', name: 'l.bianchi' },
  { id: 'e2000000000040008000000000000002', name: 'm.rossi' },
  { id: 'e3000000000040008000000000000003', name: 'g.verdi' },
  { id: 'e4000000000040008000000000000004', name: 'a.neri' },
  { id: 'e5000000000040008000000000000005', name: 'ci-bot' },
] as const

const flavors = [
  { id: '1', name: 'm1.small', vcpus: 1, memoryMb: 2048, diskGb: 20 },
  { id: '2', name: 'm1.medium', vcpus: 2, memoryMb: 4096, diskGb: 40 },
  { id: '3', name: 'm1.large', vcpus: 4, memoryMb: 8192, diskGb: 80 },
  { id: '4', name: 'm1.xlarge', vcpus: 8, memoryMb: 16_384, diskGb: 160 },
] as const

const names = ['web', 'db-main', 'db-replica', 'batch', 'proxy', 'mail', 'ldap', 'files', 'queue', 'backup']
const hosts = ['hv-01', 'hv-02', 'hv-03', 'hv-04', 'hv-05', 'hv-06', 'hv-07', 'hv-08']

const allowed = ({ projects }: Scope, project: string | null) =>
  projects === 'all' || (project !== null && projects.includes(project))

const uuid = (n: number) => `7f3c${String(n).padStart(4, '0')}-51aa-4c09-9d1e-0a2b3c4d${String(5000 + n)}`

/** A wave that looks alive: several periods, and no two instances alike. Pure, so that every run draws the same picture. */
function wave(seed: number, time: number): number {
  const t = time / hour
  const slow = Math.sin((t * 2 * Math.PI) / 24 + seed)
  const quick = Math.sin(t * 5.1 + seed * 3.7) * 0.5 + Math.sin(t * 23.7 + seed * 1.3) * 0.25
  const noise = Math.sin(t * 311.7 + seed * 17.9) * 0.12
  return Math.min(1, Math.max(0.01, 0.38 + 0.22 * slow + 0.2 * quick + noise))
}

function makeInstances(now: number, hostile: readonly string[]): Instance[] {
  return Array.from({ length: 40 }, (_unused, n): Instance => {
    const project = fakeProjects[n % 4 === 3 && n > 20 ? 3 : n % 3]
    const flavor = flavors[(n * 7) % 4]
    const state =
      n === 13 ? 'error' : n % 11 === 5 ? 'stopped' : n === 17 ? 'shelved_offloaded' : n === 30 ? 'building' : 'active'
    const created = now - (3 + ((n * 37) % 90)) * day - n * 17 * minute
    return {
      id: uuid(n),
      name: hostile[n] ?? `${names[n % 10]}-${String(1 + Math.floor(n / 10)).padStart(2, '0')}`,
      project: project?.id ?? null,
      user: fakeUsers[(n * 3) % 5]?.id ?? null,
      flavor: flavor ?? null,
      host: state === 'shelved_offloaded' ? null : (hosts[n % 8] ?? null),
      domain: `instance-${(n + 0x17a).toString(16).padStart(8, '0')}`,
      image: null,
      state,
      addresses: [
        { address: `10.1.${1 + (n % 3)}.${10 + n}`, mac: `fa:16:3e:00:00:${n.toString(16).padStart(2, '0')}`, label: 'net-app' },
      ],
      createdAt: created,
      launchedAt: state === 'building' ? null : created + 20_000,
      terminatedAt: null,
      source: 'event',
      updatedAt: now - (n % 50) * minute,
    }
  })
}

/** The numbers of one instance at one instant; null while it does not run or was not read. */
function instanceFields(n: number, instance: Instance, time: number, now: number): Record<string, number> | null {
  if (instance.state !== 'active' || time > now || time < (instance.launchedAt ?? now)) return null
  // One instance was not read for forty minutes: charts show the gap.
  if (n === 1 && time > now - 4 * hour && time < now - 4 * hour + 40 * minute) return null
  const busy = wave(n * 1.7, time)
  const memory = (instance.flavor?.memoryMb ?? 2048) * 1024 ** 2
  const cpu = n === 7 ? Math.min(99.4, 70 + 40 * busy) : 90 * busy
  return {
    state: 1,
    vcpus: instance.flavor?.vcpus ?? 1,
    cpu_percent: cpu,
    host_cpu_percent: cpu * (instance.flavor?.vcpus ?? 1) * 1.05,
    steal_percent: n % 8 === 6 ? 14 * wave(n, time + hour) : 1.6 * wave(n, time),
    memory_current_bytes: memory,
    memory_available_bytes: memory * 0.97,
    memory_used_bytes: memory * (0.3 + 0.45 * wave(n * 0.3, time / 3)),
    memory_rss_bytes: memory * 0.86,
    disk_read_bytes: 2.4e6 * busy * busy,
    disk_write_bytes: 9e6 * wave(n + 4, time),
    disk_read_ops: 90 * busy,
    disk_write_ops: 160 * wave(n + 4, time),
    disk_read_latency: 0.6 + 2 * busy,
    disk_write_latency: 1.2 + 4 * wave(n + 2, time),
    net_rx_bytes: 4.6e5 * wave(n + 9, time),
    net_tx_bytes: 2.1e6 * wave(n + 11, time),
  }
}

function hostFields(n: number, time: number, now: number): Record<string, number> | null {
  // hv-07 does not answer for some minutes.
  if (time > now || (n === 6 && time > now - 204_000)) return null
  return {
    cpus: 64,
    cpu_percent: 8 + ((n * 29) % 80) * (0.6 + 0.4 * wave(n, time)),
    memory_total_bytes: 512 * gib,
    memory_used_bytes: 512 * gib * (0.4 + 0.5 * wave(n * 2.1, time)),
  }
}

/** Everything that the pages need, over one clock. `hostile` replaces the names of the first instances. */
export function fakeCloud(clock: Clock, options: { hostile?: readonly string[] } = {}) {
  const began = clock.now()
  const instances = makeInstances(began, options.hostile ?? [])
  const find = (id: string) => instances.find((instance) => instance.id === id)
  const live = liveHub()
  const alerts = fakeAlerts(clock, instances, live)
  const machines = fakeMachines(instances, hosts, began, options.hostile ?? [])
  const events = fakeEvents(instances, began)
  return {
    instances,
    live,
    ...alerts,
    engine: fakeEngine(clock, alerts.problems),
    machines,
    networks: fakeNetworks(instances),
    capacity: fakeCapacity(hosts, instances, () => clock.now() - 40_000),
    store: fakeStore(clock, instances, machines.all),
    inventory: fakeInventory(instances, began),
    events,
    timeline: fakeTimeline(instances, fakeUsers, began, (scope, id) =>
      events.events(scope, { resource: { kind: 'instance', id }, limit: 20 }),
    ),
    completeness: fakeCompleteness(hosts, clock),
    usage: fakeUsage(instances, clock, find),
    health: fakeHealth(began),
  }
}

export type FakeCloud = ReturnType<typeof fakeCloud>

// -------------------------------------------------------------------------------------------------------------- samples

type Source = { tags: Record<string, string>; at: (time: number) => Record<string, number> | null }

/** One instance by its parts, while it moves to another host. */
function partsOf(instance: Instance, clock: Clock): Record<string, Source[]> {
  const tags = { instance: instance.id, project: instance.project ?? '', host: instance.host ?? '' }
  const wave = (time: number, n: number) => 1 + Math.sin(time / 900_000 + n * 2)
  const parts = (names: readonly string[], at: (time: number, n: number) => Record<string, number>): Source[] =>
    names.map((device, n) => ({ tags: { ...tags, device }, at: (time) => at(time, n) }))
  const began = 240_000
  return {
    instance_vcpu: parts(['vcpu0', 'vcpu1', 'vcpu2', 'vcpu3'], (time, n) => ({
      ...{ cpu_percent: 35 * wave(time, n), steal_percent: 3 * wave(time, n + 1) },
    })),
    instance_disk: parts(['vda', 'vdb'], (time, n) => ({
      ...{ read_bytes: 2e6 * wave(time, n), write_bytes: 5e6 * wave(time, n + 1), read_ops: 80 * wave(time, n) },
      ...{
        write_ops: 120 * wave(time, n),
        read_latency: 2 * wave(time, n),
        write_latency: 4 * wave(time, n),
        queue: wave(time, n),
      },
      ...{ physical_bytes: 8e9 + n * 1e9, capacity_bytes: 2e10 },
    })),
    instance_nic: parts(['tap0f3a91c2-11', 'tapc04d17e8-5b'], (time, n) => ({
      ...{ rx_bytes: 1e6 * wave(time, n), tx_bytes: 4e5 * wave(time, n), rx_packets: 900 * wave(time, n), tx_packets: 700 },
      ...{ drops: n * wave(time, n), errors: 0 },
    })),
    instance_migration: [
      {
        tags,
        at(time) {
          const seconds = (time - (clock.now() - began)) / 1000
          if (seconds < 0) return null
          const remaining = Math.max(3e8, 8e9 - seconds * 4e7)
          return {
            ...{ progress_percent: (1 - remaining / 8e9) * 100, total_bytes: 8e9, remaining_bytes: remaining },
            ...{ throughput: 1.1e8, dirty_rate: 1.3e8, downtime: 840, iteration: 4, elapsed: seconds },
          }
        },
      },
    ],
  }
}

function fakeStore(clock: Clock, instances: readonly Instance[], machines: readonly Machine[]): SampleStore {
  const sources: Record<string, Source[]> = {
    instance: instances.map((instance, n) => ({
      tags: { instance: instance.id, project: instance.project ?? '', host: instance.host ?? '' },
      at: (time) => instanceFields(n, instance, time, clock.now()),
    })),
    ganglia: gangliaSources(machines, () => clock.now()),
    storage_pool: hosts.map((host, n) => ({
      tags: { host, pool: 'nova' },
      at: () => ({
        active: 1,
        capacity_bytes: 2000 * gib,
        allocated_bytes: (300 + 190 * n) * gib,
        available_bytes: (1700 - 190 * n) * gib,
      }),
    })),
    numa_cell: hosts.flatMap((host) =>
      ['0', '1'].map((cell) => ({
        tags: { host, cell },
        at: () => ({ cpus: 32, memory_total_bytes: 256 * gib, memory_free_bytes: 90 * gib }),
      })),
    ),
    huge_pages: hosts.map((host) => ({ tags: { host, cell: '0', size: '2048KiB' }, at: () => ({ total: 512, free: 208 }) })),
    instance_nic: instances.map((instance, n) => ({
      tags: { instance: instance.id, project: instance.project ?? '', host: instance.host ?? '', device: tapOf(instance) },
      at: (time) => {
        const fields = instanceFields(n, instance, time, clock.now())
        return fields && { rx_bytes: fields.net_rx_bytes ?? 0, tx_bytes: fields.net_tx_bytes ?? 0, drops: n === 4 ? 2.5 : 0 }
      },
    })),
    hypervisor: hosts.map((host, n) => ({ tags: { host }, at: (time) => hostFields(n, time, clock.now()) })),
    ...partsOf(instances[1] as Instance, clock),
  }
  const matching = ({ measurement, where }: Pick<RangeQuery, 'measurement' | 'where'>) =>
    (sources[measurement] ?? []).filter(({ tags }) =>
      Object.entries(where).every(([tag, wanted]) => [wanted].flat().includes(tags[tag] ?? '')),
    )
  return {
    kind: 'fake',
    write: async () => {},
    close: async () => {},
    async range(query): Promise<RangeResult> {
      const first = Math.floor(query.from / query.step) * query.step
      const times: number[] = []
      for (let time = first; time < query.to; time += query.step) times.push(time)
      const series = matching(query).flatMap(({ tags, at }) => {
        const kept = Object.fromEntries(query.groupBy.map((tag) => [tag, tags[tag] ?? '']))
        const points = times.map((time) => at(time + query.step / 2) ?? at(time))
        return query.fields.flatMap((field) =>
          query.aggregates.map((aggregate): Series => {
            const spread = { mean: 1, max: 1.08, min: 0.9, last: 1, sum: 1, count: 1 }[aggregate]
            const values = points.map((point) =>
              point?.[field] === undefined ? null : aggregate === 'count' ? 1 : point[field] * spread,
            )
            return { tags: kept, field, aggregate, values }
          }),
        )
      })
      return { times, series: series.filter(({ values }) => values.some((value) => value !== null)) }
    },
    async latest(query: LatestQuery): Promise<Sample[]> {
      return matching(query).flatMap(({ tags, at }): Sample[] => {
        const now = Math.floor(clock.now() / 10_000) * 10_000
        for (let time = now; time >= query.since; time -= 10_000) {
          const fields = at(time)
          if (fields) return [{ measurement: query.measurement, tags, fields, time }]
        }
        return []
      })
    },
  }
}

// ------------------------------------------------------------------------------------------------------------ inventory

function fakeInventory(instances: readonly Instance[], began: number): Inventory {
  const within = (scope: Scope) => instances.filter(({ project }) => allowed(scope, project))
  const known = new Map<string, string>(
    [...fakeProjects, ...fakeUsers, ...instances].map(({ id, name }) => [id, name ?? id] as const),
  )
  return {
    async instances(scope, query) {
      const needle = query.q?.toLowerCase()
      const rows = within(scope).filter(
        (instance) =>
          (query.project === undefined || instance.project === query.project) &&
          (query.user === undefined || instance.user === query.user) &&
          (query.host === undefined || instance.host === query.host) &&
          (query.state === undefined || instance.state === query.state) &&
          (needle === undefined ||
            [instance.name, instance.id, ...instance.addresses.map(({ address }) => address)].some((text) =>
              text?.toLowerCase().includes(needle),
            )),
      )
      const key = (instance: Instance) =>
        ({
          name: instance.name,
          project: instance.project,
          host: instance.host,
          state: instance.state,
          created: String(instance.createdAt),
        })[query.sort ?? 'name'] ?? ''
      rows.sort((a, b) => key(a).localeCompare(key(b)) * (query.descending ? -1 : 1))
      const offset = query.offset ?? 0
      return { rows: rows.slice(offset, offset + query.limit), total: rows.length }
    },
    instance: async (scope, id) => within(scope).find((instance) => instance.id === id) ?? null,
    projects: async (scope) =>
      fakeProjects
        .filter(({ id }) => allowed(scope, id))
        .map((project) => ({ ...project, instances: instances.filter((instance) => instance.project === project.id).length })),
    users: async (scope) =>
      fakeUsers
        .map((user) => ({ ...user, instances: within(scope).filter((instance) => instance.user === user.id).length }))
        .filter((user) => user.instances > 0),
    hypervisors: async ({ projects }): Promise<Hypervisor[]> =>
      projects !== 'all'
        ? []
        : hosts.map((host) => ({
            host,
            uri: `qemu+tls://${host}/system`,
            cpus: 64,
            memoryBytes: 512 * gib,
            version: '9.0.0',
            seenAt: began,
          })),
    names: async (_kind, ids) => new Map(ids.flatMap((id) => (known.has(id) ? [[id, known.get(id) as string] as const] : []))),
    seenInstances: async () => {},
    seenHypervisor: async () => {},
    name: async () => {},
  }
}

// --------------------------------------------------------------------------------------------------------------- events

const factsOf = ({ diskGb, ...flavor }: (typeof flavors)[number]) => ({ ...flavor, rootGb: diskGb, ephemeralGb: 0 })

function fakeEvents(instances: readonly Instance[], began: number): EventJournal {
  const kinds = [
    ['instance.reboot', 'end'],
    ['instance.resize_finish', 'end'],
    ['instance.live_migration_post', 'end'],
    ['instance.snapshot', 'end'],
    ['instance.power_off', 'end'],
    ['instance.power_on', 'end'],
    ['instance.volume_attach', 'end'],
    ['instance.create', 'error'],
  ] as const
  const rows: EventRow[] = Array.from({ length: 160 }, (_unused, n): EventRow => {
    const instance = instances[(n * 7) % 40] as Instance
    const [type, phase] = kinds[(n * 5) % 8] as (typeof kinds)[number]
    const user = fakeUsers[(n * 3) % 5]?.id ?? null
    return {
      seq: 1000 - n,
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      type,
      phase,
      format: n % 2 === 0 ? 'versioned' : 'legacy',
      service: 'nova',
      time: began - n * 9 * minute - (n % 7) * 21_000,
      priority: phase === 'error' ? 'ERROR' : 'INFO',
      publisher: `nova-compute:${instance.host}`,
      resource: { kind: 'instance', id: instance.id },
      project: instance.project,
      user,
      actor: user,
      actorProject: instance.project,
      host: instance.host,
      request: `req-5a${String(n).padStart(6, '0')}`,
      instance: {
        ...(instance.name !== null && { name: instance.name }),
        ...(type === 'instance.resize_finish' && { flavor: factsOf(flavors[2]), newFlavor: factsOf(flavors[3]) }),
        ...(type === 'instance.power_off' && { oldState: 'active', state: 'stopped' }),
        ...(phase === 'error' && {
          fault: { type: 'NoValidHost', message: 'No valid host was found. There are not enough hosts available.' },
        }),
      },
    }
  })
  const matching = (scope: Scope, query: Parameters<EventJournal['histogram']>[1] | Parameters<EventJournal['events']>[1]) =>
    rows.filter(
      (row) =>
        allowed(scope, row.project) &&
        (query.from === undefined || row.time >= query.from) &&
        (query.to === undefined || row.time < query.to) &&
        (query.types === undefined ||
          query.types.some((type) => (type.endsWith('.') ? row.type.startsWith(type) : row.type === type))) &&
        (query.resource === undefined || row.resource?.id === query.resource.id) &&
        (query.project === undefined || row.project === query.project) &&
        (query.host === undefined || row.host === query.host) &&
        (query.actor === undefined || row.actor === query.actor),
    )
  return {
    record: async () => ({ events: 0, duplicates: 0, ignored: 0 }),
    listed: async () => undefined,
    events: async (scope, query) =>
      matching(scope, query)
        .filter(
          ({ time, seq }) => !query.before || time < query.before.time || (time === query.before.time && seq < query.before.seq),
        )
        .slice(0, query.limit),
    async event(scope, seq) {
      const row = rows.find((one) => one.seq === seq && allowed(scope, one.project))
      return row ? { row, raw: JSON.stringify({ event_type: `compute.${row.type}.${row.phase}`, payload: row.instance }) } : null
    },
    async histogram(scope, query) {
      const counts = new Map<number, number>()
      for (const { time } of matching(scope, query)) {
        const bucket = Math.floor(time / query.step) * query.step
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      }
      return [...counts].sort(([a], [b]) => a - b)
    },
    types: async (scope) =>
      [...new Set(rows.filter(({ project }) => allowed(scope, project)).map(({ type }) => type))].map((type) => ({
        type,
        count: rows.filter((row) => row.type === type).length,
        ignored: false,
      })),
    count: async () => rows.length,
  }
}

// ---------------------------------------------------------------------------------------------------------------- usage

function fakeUsage(instances: readonly Instance[], clock: Clock, find: (id: string) => Instance | undefined): UsageJournal {
  const lifeOf = (instance: Instance): Segment[] => {
    if (instance.launchedAt === null) return []
    const common = {
      instance: instance.id,
      host: instance.host,
      project: instance.project,
      user: instance.user,
      provenance: 'event' as const,
    }
    const middle = clock.now() - 9 * hour
    return [
      { ...common, from: instance.launchedAt, to: middle, state: 'running', flavor: flavors[2] as Segment['flavor'] },
      { ...common, from: middle, to: middle + 40_000, state: 'stopped', flavor: flavors[2] as Segment['flavor'] },
      {
        ...common,
        from: middle + 40_000,
        to: null,
        state: instance.state === 'stopped' ? 'stopped' : 'running',
        flavor: instance.flavor,
      },
    ]
  }
  const hoursOf = (instance: Instance, from: number, to: number) =>
    Math.max(0, Math.min(to, clock.now()) - Math.max(from, instance.launchedAt ?? clock.now())) / hour
  return {
    async usage(scope, query) {
      const groups = new Map<string, UsageRow>()
      for (const [n, instance] of instances.entries()) {
        const hours = hoursOf(instance, query.from, query.to)
        const other =
          (query.project !== undefined && instance.project !== query.project) ||
          (query.user !== undefined && instance.user !== query.user)
        if (hours === 0 || other || !allowed(scope, instance.project)) continue
        const key =
          {
            project: instance.project,
            user: instance.user,
            instance: instance.id,
            flavor: instance.flavor?.name,
            host: instance.host,
          }[query.by] ?? ''
        const name =
          query.by === 'instance' ? (find(key)?.name ?? null) : query.by === 'flavor' || query.by === 'host' ? key : null
        const row = groups.get(key) ?? {
          key,
          name,
          instances: 0,
          hours: 0,
          runningHours: 0,
          vcpuHours: 0,
          memoryGibHours: 0,
          diskGibHours: 0,
        }
        // Seen through Nova's formula a stopped instance still counts in full.
        const running = query.view === 'parity' ? hours : hours * (instance.state === 'stopped' ? 0.35 : 0.93 + (n % 7) / 100)
        row.instances++
        row.hours += hours
        row.runningHours += running
        row.vcpuHours += running * (instance.flavor?.vcpus ?? 0)
        row.memoryGibHours += (hours * (instance.flavor?.memoryMb ?? 0)) / 1024
        row.diskGibHours += hours * (instance.flavor?.diskGb ?? 0)
        groups.set(key, row)
      }
      return [...groups.values()]
    },
    parity: async () => [],
    async differences(scope, query) {
      const second = (time: number) => Math.floor(time / 1000) * 1000
      const [from, to] = [second(query.from), second(Math.min(query.to, clock.now()))]
      return instances
        .filter((it) => allowed(scope, it.project) && (query.project ?? it.project) === it.project)
        .filter((it) => query.instance === undefined || query.instance === it.id)
        .flatMap((instance, n) => {
          const life = lifeOf(instance)
          const [first, , last] = life.map((segment) => second(segment.from))
          if (first === undefined || last === undefined) return []
          const held = life
            .map((segment) => ({
              ...segment,
              from: Math.max(second(segment.from), from),
              to: Math.min(second(segment.to ?? to), to),
            }))
            .filter((segment) => segment.to > segment.from)
          const launches = [
            { at: first, event: 'instance.create' },
            { at: last, event: n % 3 === 0 ? 'instance.rebuild' : 'instance.resize_finish' },
          ]
          return differenceOf({ ...instance, launchedAt: last, launches, keptTerminated: false }, held, { from, to })
        })
        .filter(({ causes, alike }) => causes.length > 0 || alike.length > 0)
    },
    discrepancies: async () => [],
    overdue: async () => [],
    async segments(scope, id) {
      const instance = find(id)
      return instance && allowed(scope, instance.project) ? lifeOf(instance) : []
    },
    segmentsWithin: (scope, { from, to, project, instance }) =>
      instances
        .filter((it) => allowed(scope, it.project) && (project ?? it.project) === it.project && (instance ?? it.id) === it.id)
        .flatMap(lifeOf)
        .map((segment) => ({
          ...segment,
          from: Math.max(segment.from, from),
          to: Math.min(segment.to ?? clock.now(), clock.now(), to),
        }))
        .filter((segment) => segment.to > segment.from),
  }
}

// --------------------------------------------------------------------------------------------------------------- alerts

const perf = (label: string, value: number, unit: string, warn: string, crit: string): Perfdata => ({
  label,
  value,
  unit,
  warn,
  crit,
  min: 0,
})

function fakeAlerts(clock: Clock, instances: readonly Instance[], live: Live) {
  const now = clock.now()
  const at = (n: number) => instances[n] as Instance
  const problem = (
    rule: string,
    target: Instance | string,
    state: State,
    age: number,
    output: string,
    more: Partial<Problem> = {},
  ): Problem => {
    const onHost = typeof target === 'string'
    return {
      check: `${rule}:${onHost ? target : target.id}`,
      rule,
      plugin: rule.split('-')[0] as string,
      target: onHost
        ? { kind: target.startsWith('hv') ? 'hypervisor' : 'connection', id: target }
        : { kind: 'instance', id: target.id },
      targetName: onHost ? target : target.name,
      project: onHost ? null : target.project,
      host: onHost ? (target.startsWith('hv') ? target : null) : target.host,
      state,
      hard: true,
      attempt: 3,
      maxAttempts: 3,
      since: now - age,
      output,
      longOutput: null,
      perfdata: [],
      lastCheck: now - 22_000,
      nextCheck: now + 38_000,
      acknowledgement: null,
      ...more,
    }
  }
  const problems: Problem[] = [
    problem('no-data', 'hv-07', 'critical', 130_000, 'no samples for 204 s (limit 60)'),
    problem('cpu', at(7), 'critical', 11 * minute, 'CPU 97.2 % > 95 for 5 m', {
      perfdata: [perf('cpu', 97.2, '%', '80', '95'), perf('steal', 1.1, '%', '10', '25')],
    }),
    problem('cpu', at(1), 'warning', 26 * minute, 'CPU 84.1 % > 80 for 5 m', { perfdata: [perf('cpu', 84.1, '%', '80', '95')] }),
    problem('no-data', at(5), 'unknown', 62 * minute, 'no CPU samples for 300 s'),
    problem('connection', 'amqp region-one', 'critical', 41 * minute, 'connection refused by 10.3.0.7:5671, trying again', {
      acknowledgement: { author: 'm.rossi', comment: 'on it, broker is being upgraded', time: now - 35 * minute, sticky: false },
    }),
    ...instances
      .filter(({ host }, n) => host === 'hv-07' && ![7, 1, 5, 22].includes(n))
      .slice(0, 14)
      .map((instance, n) =>
        problem('no-data', instance, 'nodata', 118_000 - n * 1000, 'last reading 204 s ago, and Nova says it is active', {
          cause: 'no-data:hv-07',
        }),
      ),
    problem('cpu', at(22), 'warning', 3 * minute, 'CPU 81.0 % > 80 for 5 m', { hard: false, attempt: 2 }),
    ...instances
      .filter(({ state }, n) => state === 'active' && ![7, 1, 5, 22].includes(n))
      .map((instance) => problem('cpu', instance, 'ok', 3 * day, 'CPU 31.4 %')),
  ]
  const transitions: Transition[] = problems.flatMap((one, n): Transition[] => {
    const common = { check: one.check, rule: one.rule, target: one.target, targetName: one.targetName, project: one.project }
    if (one.state === 'ok')
      return n % 13 === 0
        ? [
            {
              ...common,
              seq: n,
              time: now - 20 * minute - n * 1000,
              from: 'warning',
              to: 'ok',
              hard: true,
              attempt: 1,
              output: one.output,
            },
          ]
        : []
    return [
      { ...common, seq: 1000 + n, time: one.since, from: 'ok', to: one.state, hard: one.hard, attempt: 3, output: one.output },
      {
        ...common,
        seq: 900 + n,
        time: one.since - 2 * minute,
        from: 'ok',
        to: one.state,
        hard: false,
        attempt: 1,
        output: one.output,
      },
    ]
  })
  const order = { critical: 0, unknown: 1, nodata: 2, warning: 3, ok: 4 }
  const visible = (scope: Scope) => problems.filter((one) => allowed(scope, one.project))
  const downtimes: StoredDowntime[] = []
  const alerts: AlertJournal = {
    async downtimes(_scope, check) {
      return downtimes.filter(({ subject }) => subject === `check:${check}`)
    },
    async comments() {
      return []
    },
    async problems(scope, query) {
      const q = query.q?.toLowerCase()
      return visible(scope)
        .filter(
          (one) =>
            one.state !== 'ok' &&
            (query.soft || one.hard) &&
            (query.states === undefined || query.states.includes(one.state)) &&
            (query.handled === undefined || (one.acknowledgement !== null) === query.handled) &&
            (query.project === undefined || one.project === query.project) &&
            (query.host === undefined || one.host === query.host) &&
            (query.causes === undefined || query.causes.includes(one.cause ?? '')) &&
            (query.explained !== false || !visible(scope).some(({ check, state }) => check === one.cause && state !== 'ok')) &&
            (q === undefined || [one.rule, one.targetName, one.output].some((text) => text?.toLowerCase().includes(q))),
        )
        .sort(
          (a, b) =>
            Number(a.acknowledgement !== null) - Number(b.acknowledgement !== null) ||
            order[a.state] - order[b.state] ||
            b.since - a.since,
        )
        .slice(0, query.limit ?? 1000)
    },
    explains: async (scope, causes) =>
      new Map(
        causes.flatMap((id) => {
          const count = visible(scope).filter(({ cause, state, hard }) => cause === id && state !== 'ok' && hard).length
          return count === 0 ? [] : [[id, count]]
        }),
      ),
    check: async (scope, id) => visible(scope).find((one) => one.check === id) ?? null,
    checksOf: async (scope, target) => visible(scope).filter((one) => one.target.id === target.id),
    recovered: async (scope, since) =>
      transitions.filter((one) => one.to === 'ok' && one.time >= since && allowed(scope, one.project)),
    transitions: async (scope, query) =>
      transitions
        .filter((one) => allowed(scope, one.project) && (query.check === undefined || one.check === query.check))
        .slice(0, query.limit),
    async notifications(scope, check, limit): Promise<NotificationRecord[]> {
      const one = visible(scope).find((candidate) => candidate.check === check)
      if (!one || one.state === 'ok') return []
      const common = { check, kind: 'problem' as const, state: one.state, notifier: 'email', attempts: 1 }
      const records: NotificationRecord[] = [
        { ...common, time: one.since + 2000, contact: 'm.rossi', outcome: 'sent', reason: null },
        { ...common, time: one.since + 300_000, contact: 'l.bianchi', outcome: 'waiting', reason: 'escalates after 10 m' },
      ]
      return records.slice(0, limit)
    },
    async summary(scope) {
      const count = (state: State) => visible(scope).filter((one) => one.state === state && (one.hard || state === 'ok')).length
      const open = visible(scope).filter(
        (one) => one.state !== 'ok' && one.hard && one.acknowledgement === null && !one.cause,
      ).length
      return {
        ok: count('ok'),
        warning: count('warning'),
        critical: count('critical'),
        unknown: count('unknown'),
        nodata: count('nodata'),
        pending: 2,
        unhandled: open,
      }
    },
    async worst(_scope, { from, to, step }) {
      return Array.from({ length: Math.floor((to - from) / step) }, (_unused, n): State | null =>
        n === 40 ? null : n % 97 > 90 ? 'critical' : n % 41 > 35 ? 'warning' : n % 131 > 127 ? 'unknown' : 'ok',
      )
    },
  }
  const change = (check: string, scope: Scope, acknowledgement: Problem['acknowledgement']) => {
    const one = visible(scope).find((candidate) => candidate.check === check && candidate.state !== 'ok')
    if (!one) return false
    one.acknowledgement = acknowledgement
    live.publish({ kind: 'problem', check, project: one.project, state: one.state, hard: one.hard })
    return true
  }
  const commands: AlertCommands = {
    acknowledge: async (scope, check, author, comment, sticky) =>
      change(check, scope, { author, comment, sticky, time: clock.now() }),
    unacknowledge: async (scope, check) => change(check, scope, null),
    async scheduleDowntime(scope, { check, by, comment, start, end, flexibleMs }) {
      if (!visible(scope).some((one) => one.check === check)) return null
      if (end <= start) return { ok: false, reason: 'it ends before it begins' }
      const id = `downtime-${downtimes.length}`
      downtimes.push({
        ...{
          id,
          subject: `check:${check}`,
          fixed: flexibleMs === null,
          start,
          end,
          durationMs: flexibleMs ?? 0,
          triggeredBy: null,
        },
        ...{ author: by, comment, active: start <= clock.now(), since: null, endedAt: null, outcome: null },
      })
      return { ok: true, id }
    },
    async cancelDowntime(_scope, id) {
      const found = downtimes.find((one) => one.id === id && one.endedAt === null)
      if (!found) return false
      Object.assign(found, { active: false, endedAt: clock.now(), outcome: 'cancelled' })
      return true
    },
  }
  return {
    alerts,
    commands,
    problems,
    /** Something goes wrong now: journal first, then the word of it. */
    raise(rule: string, target: Instance, state: State, output: string) {
      const raised = problem(rule, target, state, 0, output, { since: clock.now() })
      problems.push(raised)
      live.publish({ kind: 'problem', check: raised.check, project: raised.project, state, hard: true })
      return raised
    },
  }
}

// --------------------------------------------------------------------------------------------------------------- health

function fakeHealth(began: number): HealthBoard {
  const component = (
    name: string,
    kind: ComponentHealth['kind'],
    state: ComponentHealth['state'],
    detail: string,
    numbers: Record<string, number>,
  ): ComponentHealth => ({
    component: name,
    kind,
    state,
    detail,
    numbers,
    since: began - 5 * hour,
    at: began - 4000,
  })
  const all: ComponentHealth[] = [
    component('amqp region-one', 'amqp', 'down', 'connection refused by 10.3.0.7:5671; trying again in 8 s', {
      queue: 0,
      processed: 6688,
      dropped: 0,
    }),
    component('amqp region-two', 'amqp', 'ok', 'consuming specola.events on 10.4.0.7:5671', {
      queue: 12,
      processed: 90_412,
      dropped: 0,
      lag_seconds: 0.4,
    }),
    ...hosts.map((host, n) => ({
      ...component(
        `libvirt ${host}`,
        'libvirt',
        n === 6 ? 'down' : 'ok',
        n === 6 ? 'no answer for 94 s (limit 60)' : '50 domains in 38 ms',
        { domains: 50, processed: 18_000 + n },
      ),
      host,
    })),
    component('samples', 'store', 'ok', 'embedded DuckDB, 3 ms a batch', { queue: 12, processed: 1_204_112, dropped: 0 }),
    component('journal', 'journal', 'ok', 'SQLite, synchronous', { processed: 97_100 }),
    component('alerter', 'alerter', 'ok', '1 186 checks, lag 0.4 s', { lag_seconds: 0.4, processed: 1_100_230 }),
    component('notify-email', 'notifier', 'degraded', 'smtp.example.it answered 421, 2 messages wait', {
      queue: 2,
      processed: 41,
    }),
    component('ui', 'ui', 'ok', '9 live streams', { streams: 9 }),
  ]
  return { report: () => {}, all: () => all, watch: () => () => {} }
}
