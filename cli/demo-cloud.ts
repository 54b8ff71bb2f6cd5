/** The demo cloud: a recorded bus and recorded hypervisors, moved to now, read by the very same collectors as real ones. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { BusMessage } from '../collector/amqp/read.ts'
import { demoBus, demoPast, recordInBatches } from '../collector/demo/bus.ts'
import type { DemoDomain, DemoPower } from '../collector/demo/domain.ts'
import { type DemoGmond, startDemoGmond } from '../collector/demo/gmond.ts'
import { collectHistory, steppedClock } from '../collector/demo/history.ts'
import { type DemoHypervisor, startDemoHypervisor } from '../collector/demo/hypervisor.ts'
import type { DemoProfile } from '../collector/demo/profile.ts'
import { moveTimes, type TimeMap } from '../collector/demo/time-map.ts'
import { gangliaCollector } from '../collector/ganglia/collect.ts'
import { gangliaSection } from '../collector/ganglia/section.ts'
import { libvirtCollector } from '../collector/libvirt/collect.ts'
import { libvirtSection } from '../collector/libvirt/section.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import type { Collector, Intake, Inventory, Logger } from '../model/contract.ts'
import type { CloudEvent } from '../model/event.ts'
import type { HealthBoard } from '../model/health.ts'
import type { Named } from '../model/resource.ts'
import { namesFrom } from '../openstack/identity.ts'
import { readingsOf } from '../openstack/readings.ts'
import { serversObserved } from '../openstack/servers.ts'

export interface DemoCloud {
  collectors: readonly Collector[]
  close(): Promise<void>
}

interface Deps {
  intake: Intake
  inventory: Inventory
  clock: Clock
  logger: Logger
  health: HealthBoard
  directory: string
}

const recording = join(import.meta.dirname, '..', 'collector', 'demo', 'recording')
/** How far back the charts of the demo reach, and in what steps. */
const historyMs = 6 * 3_600_000
const historyStepMs = 30_000
const interval = '10s'
/** The size of each demo hypervisor. */
const machine = { cpus: 4, memoryGib: 16 }

/** Who is who: the rest are steady or idle by turns. */
const profiles: Readonly<Record<string, DemoProfile>> = {
  'sviluppo-vm-02': 'busy',
  'sviluppo-vm-12': 'victim',
  'sviluppo-vm-13': 'victim',
  'referti-rebuilt-06': 'failing',
}

/** As somebody did in the recorded cloud: paused on the hypervisor, behind Nova's back. */
const pausedBehindNova = 'carico-02'

/** Takes the recorded past in, then starts the demo's hypervisors. Their own past is collected while pages are open already. */
export async function startDemoCloud(deps: Deps): Promise<DemoCloud> {
  const { intake, inventory, clock } = deps
  const now = clock.now()
  const past = demoPast(recordedMessages(), now)
  const projects = namesFrom(reply('projects.json.gz').body, 'projects')
  const users = namesFrom(reply('users.json.gz').body, 'users')
  await inventory.name('project', projects, now)
  await inventory.name('user', users, now)
  const before = [...observed('servers-before.json.gz', past.map), ...resourcesBefore(past.map)]
  await recordInBatches([...before, ...past.events], intake)

  const byHost = Map.groupBy(domains(past.map, projects, users), ({ host }) => host)
  const sockets = join(deps.directory, 'run')
  mkdirSync(sockets, { recursive: true })
  const origin = now - historyMs
  const start = (host: string, hostClock: Clock, socket: string) =>
    startDemoHypervisor({
      ...machine,
      host,
      origin,
      clock: hostClock,
      socketPath: join(sockets, socket),
      domains: byHost.get(host)?.map(({ domain }) => domain) ?? [],
    })

  const hypervisors: DemoHypervisor[] = []
  const collectors: Collector[] = [demoBus(past.jobs, deps)]
  for (const host of byHost.keys()) {
    const hypervisor = await start(host, systemClock, `${host}.sock`)
    hypervisors.push(hypervisor)
    const victim = hypervisor.domains().find(({ nova }) => nova.name === pausedBehindNova)
    if (victim) hypervisor.set(victim.uuid, { power: 'paused' })
    const [config] = libvirtSection.parse([{ uri: hypervisor.uri, host, interval }]) as [
      ReturnType<typeof libvirtSection.parse>[0] & object,
    ]
    collectors.push(libvirtCollector(config, deps))
    collectors.push({
      name: `past of ${host}`,
      async run(signal) {
        const hostClock = steppedClock(origin)
        const before = await start(host, hostClock, `${host}.past.sock`)
        try {
          const pastConfig = { ...config, uri: before.uri }
          await collectHistory({
            config: pastConfig,
            deps,
            clock: hostClock,
            from: origin,
            to: now - historyStepMs,
            step: historyStepMs,
            signal,
          })
        } finally {
          await before.close()
        }
        if (!signal.aborted) await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }))
      },
    })
  }
  const gmonds = await startGmonds([...byHost.keys()], [...byHost.values()].flat(), now)
  for (const [name, gmond] of Object.entries(gmonds))
    for (const source of gangliaSection.parse([{ name, addresses: [`127.0.0.1:${gmond.port}`], interval }]))
      collectors.push(gangliaCollector(source, deps))
  return {
    collectors,
    async close() {
      await Promise.all([...hypervisors, ...Object.values(gmonds)].map((one) => one.close()))
    },
  }
}

/** Some guests run a gmond; that of one of them died an hour ago. */
const withGmond = /^(sviluppo|referti)-/
const deadGmond = 'sviluppo-vm-13'

async function startGmonds(
  hosts: readonly string[],
  guests: readonly { domain: DemoDomain }[],
  now: number,
): Promise<Record<string, DemoGmond>> {
  const size = { cpus: machine.cpus, memoryKib: machine.memoryGib * 1024 ** 2 }
  const compute = hosts.map((name, n) => ({ name, address: `10.3.0.${n + 1}`, ...size }))
  const inside = guests
    .filter(({ domain: { nova } }) => withGmond.test(nova.name))
    .map(({ domain: { nova } }) => ({
      ...{ name: nova.name, address: nova.addresses[0] ?? '', cpus: nova.flavor.vcpus, memoryKib: nova.flavor.memoryMb * 1024 },
      ...(nova.name === deadGmond && { silentSince: now - 3_600_000 }),
    }))
  return {
    compute: await startDemoGmond('compute', compute, systemClock),
    guests: await startDemoGmond('guests', inside, systemClock),
  }
}

function recordedMessages(): BusMessage[] {
  return unzipped('notifications.jsonl.gz')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BusMessage)
}

const unzipped = (file: string) => gunzipSync(readFileSync(join(recording, file))).toString('utf8')

/** The first recorded reply of a file, with the times in it moved. */
function reply(file: string, map?: TimeMap): { time: string; body: unknown } {
  const text = unzipped(file)
  const [first] = JSON.parse(map ? moveTimes(text, map) : text) as { time: string; response: { body: unknown } }[]
  if (!first) throw new Error(`the demo's recording is damaged: ${file} is empty`)
  return { time: first.time, body: first.response.body }
}

function observed(file: string, map: TimeMap) {
  const { time, body } = reply(file, map)
  return serversObserved(body, Date.parse(time)).map((event) => ({ event, ignored: false, raw: null }))
}

/** What the other services listed before: volumes, images, networks … that nobody created while the bus was recorded. */
function resourcesBefore(map: TimeMap) {
  const replies = JSON.parse(moveTimes(unzipped('resources-before.json.gz'), map)) as {
    time: string
    response: { body: unknown }
  }[]
  return replies.flatMap(({ time, response }) =>
    readingsOf(response.body, Date.parse(time)).map((event) => ({ event, ignored: false, raw: null })),
  )
}

/** The guests that the recorded cloud ended with, on the hosts where it had them. */
function domains(map: TimeMap, projects: readonly Named[], users: readonly Named[]): { host: string; domain: DemoDomain }[] {
  const { time, body } = reply('servers-after.json.gz', map)
  const names = new Map(
    (body as { servers: { id: string; 'OS-EXT-SRV-ATTR:instance_name': string }[] }).servers.map((server) => [
      server.id,
      server['OS-EXT-SRV-ATTR:instance_name'],
    ]),
  )
  return serversObserved(body, Date.parse(time)).flatMap((event, index) => {
    const host = event.host
    const domain = host === null ? null : guest(event, names.get(event.resource?.id ?? ''), index, projects, users)
    return host !== null && domain ? [{ host, domain }] : []
  })
}

function guest(
  event: CloudEvent,
  domain: string | undefined,
  index: number,
  projects: readonly Named[],
  users: readonly Named[],
): DemoDomain | null {
  const { instance, resource } = event
  if (!instance?.flavor || !resource || !domain) return null
  const named = (list: readonly Named[], id: string | null): Named =>
    list.find((entry) => entry.id === id) ?? { id: id ?? '', name: null }
  const { name, vcpus, memoryMb, rootGb, ephemeralGb } = instance.flavor
  const powers: Record<string, DemoPower> = { paused: 'paused', suspended: 'stopped', stopped: 'stopped' }
  return {
    uuid: resource.id,
    domain,
    profile: profiles[instance.name ?? ''] ?? (index % 3 === 0 ? 'idle' : 'steady'),
    power: powers[instance.state ?? ''] ?? 'running',
    nova: {
      name: instance.name ?? domain,
      flavor: { name: name ?? 'unknown', vcpus, memoryMb, diskGb: rootGb + ephemeralGb },
      project: named(projects, event.project),
      user: named(users, event.user),
      image: instance.image ?? null,
      createdAt: instance.createdAt ?? event.time,
      addresses: instance.addresses?.map(({ address }) => address) ?? [],
    },
  }
}
