import {
  type AskedNova,
  type Difference,
  instanceDifferences,
  inventoryDifferences,
  type KnownInstance,
  type ListedResource,
  usageDifferences,
} from '../collector/openstack/differences.ts'
import { everything } from '../model/access.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError, type ReadingJournal } from '../model/contract.ts'
import type { Discrepancy } from '../model/discrepancy.ts'
import type { CloudEvent } from '../model/event.ts'
import { isFields } from '../model/fields.ts'
import type { LedgerState } from '../model/ledger-state.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { type ResourceKind, resourceKinds } from '../model/usage.ts'
import type { Cloud } from '../openstack/client.ts'
import { lists } from '../openstack/lists.ts'
import { text } from '../openstack/reply.ts'
import { everyServer, serversObserved } from '../openstack/servers.ts'
import { type NovaUsage, novaUsage, usagesIn } from '../openstack/tenant-usage.ts'
import { type Database, openDatabaseReadOnly } from '../store/journal/database.ts'
import { readingJournal } from '../store/journal/readings.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { readArguments, readTime, required } from './arguments.ts'
import { openClouds } from './clouds.ts'
import type { Command } from './command.ts'
import { configurationFrom } from './configuration.ts'
import { findPlugins } from './plugins.ts'
import { printable } from './printable.ts'

export const command: Command = {
  name: 'verify',
  summary: 'compare usage and inventory with the live APIs',
  usage: `usage: specola verify --config FILE --from T --to T [--data DIR] [--json]

Asks the clouds of collector.openstack for their own usage (os-simple-tenant-usage) and lists, and compares them with the
journal; works while serve is running, and changes nothing. Every difference is listed with its cause. Exit code 0: none, or only
such as explain themselves (in flight; forgotten by Nova); 1: there are others.
Then it tells where Nova's audit or the APIs had contradicted the journal within the period: messages were lost, and the journal
follows the other witness since. That changes no exit code: what came of it is compared above.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string' },
        data: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const config = configurationFrom(required('config', values.config), await findPlugins())
    const from = readTime('from', values.from)
    // an end in the past: of a window that goes on, Nova and we would each count to another now
    const to = Math.min(readTime('to', values.to), Math.floor(clock.now() / 1000) * 1000 - 1000)
    if (from >= to) throw new AppError('usage', '--from must be before --to, and in the past')
    const clouds = openClouds(config)
    const db = openDatabaseReadOnly(values.data ?? config.data)
    try {
      const compared = await compare(db, clouds, { from, to })
      const { differences } = compared
      const unexplained = differences.filter(({ explained }) => !explained)
      if (values.json) io.out(JSON.stringify({ from: iso(from), to: iso(to), ...compared }))
      else {
        for (const difference of differences) io.out(line(difference))
        for (const discrepancy of compared.discrepancies.slice(0, shownDiscrepancies)) io.out(disagreement(discrepancy))
        const more = compared.discrepancies.length - shownDiscrepancies
        if (more > 0) io.out(`corrected   ${more} more of them: --json has them all`)
        io.out(
          `${compared.usageCompared} instances' usage, ${compared.listed} instances and ${compared.resources} other resources compared: ${differences.length === 0 ? 'no difference' : `${differences.length} differences, ${unexplained.length} of them unexplained`}`,
        )
      }
      return unexplained.length > 0 ? 1 : 0
    } finally {
      for (const cloud of clouds) cloud.close()
      db.close()
    }
  },
}

interface Compared {
  usageCompared: number
  listed: number
  /** Volumes, snapshots, backups, images and floating IPs that the APIs list. */
  resources: number
  hours: { journal: number; api: number }
  differences: Difference[]
  /** Newest first. */
  discrepancies: Discrepancy[]
}

/** Lines on a terminal. */
const shownDiscrepancies = 50

async function compare(db: Database, clouds: readonly Cloud[], period: { from: number; to: number }): Promise<Compared> {
  const novas = (await Promise.all(clouds.map((cloud) => novaUsage(cloud, period)))).flat()
  const listed = (await Promise.all(clouds.map(listedServers))).flat()
  // the journal last: what the APIs have told by now is in it, or is not
  const usage = usageJournal(db, clock)
  const ours = usagesIn({ tenant_usages: await usage.parity(everything, period) })
  const reading = readingJournal(db)
  const open = await reading.openInstances()
  const ids = new Set([...novas, ...ours].map(({ instance }) => instance).concat([...listed, ...open].map(({ id }) => id)))
  const states = await reading.ledgerStates([...ids])
  const known = new Map([...states].map(([id, state]) => [id, knownOf(state)]))
  const inApi = new Set(novas.map(({ instance }) => instance))
  const inList = new Set(listed.map(({ id }) => id))
  const asked = await askAll(clouds, [
    ...ours.filter(({ instance }) => !inApi.has(instance)).map(({ instance }) => instance),
    ...open.map(({ id }) => id).filter((id) => !inList.has(id)),
  ])
  const openHere = open.filter(({ id }) => inList.has(id) || asked.get(id) === null)
  const heardSince =
    db.get<{ time: number }>(`SELECT time FROM event WHERE hidden = 0 AND format <> 'native' ORDER BY time LIMIT 1`)?.time ?? null
  const resources = await compareLists(clouds, reading)
  const now = clock.now()
  return {
    usageCompared: inApi.size,
    listed: listed.length,
    resources: resources.reduce((sum, { theirs }) => sum + theirs.length, 0),
    hours: { journal: sum(ours), api: sum(novas) },
    discrepancies: await usage.discrepancies(everything, { ...period, limit: 1000 }),
    differences: [
      ...usageDifferences(ours, novas, known, asked, now, heardSince),
      ...inventoryDifferences(
        'instance',
        openHere.map((instance) => openOf(instance.id, states)),
        listed,
        now,
      ),
      ...instanceDifferences(listed, known, now),
      ...resources.flatMap(({ kind, ours, theirs }) => inventoryDifferences(kind, ours, theirs, now)),
    ],
  }
}

const sum = (usages: readonly NovaUsage[]) => usages.reduce((hours, usage) => hours + usage.hours, 0)

const knownOf = (state: LedgerState): KnownInstance => ({
  ...{ state: state.state, host: state.host, launchedAt: state.launchedAt, terminatedAt: state.terminatedAt },
  ...{ inferredEnd: state.inferredEnd, changedAt: changedAt(state) },
})

const changedAt = ({ launchedAt, terminatedAt, open }: LedgerState) =>
  Math.max(launchedAt ?? 0, terminatedAt ?? 0, open?.from ?? 0)

function openOf(id: string, states: ReadonlyMap<string, LedgerState>): ListedResource {
  const state = states.get(id)
  const unbuilt = state?.state === 'building' && state.launchedAt === null
  return { id, name: state?.name ?? null, project: state?.project ?? null, changedAt: state ? changedAt(state) : null, unbuilt }
}

type ListedServer = ListedResource & { state: string | null; host: string | null; busy: boolean }

async function listedServers(cloud: Cloud): Promise<ListedServer[]> {
  const servers: ListedServer[] = []
  const options = { atLeast: '2.47', role: 'role admin (instances of all projects)' }
  for await (const { body, date } of cloud.pages('compute', '/servers/detail', 'servers', everyServer, options))
    servers.push(...serversObserved(body, date).map(serverOf))
  return servers
}

const serverOf = ({ resource, instance, project, host }: CloudEvent): ListedServer => ({
  id: resource?.id ?? '',
  name: instance?.name ?? null,
  project,
  state: instance?.state ?? null,
  host,
  busy: (instance?.taskState ?? null) !== null,
  changedAt: instance?.updatedAt ?? null,
})

/** What both sides have of each kind that is counted by time. A service that a cloud has not got lists nothing. */
async function compareLists(
  clouds: readonly Cloud[],
  reading: ReadingJournal,
): Promise<{ kind: ResourceKind; ours: ListedResource[]; theirs: ListedResource[] }[]> {
  const compared = []
  for (const shape of lists) {
    const kind = resourceKinds.find((one) => one === shape.kind)
    if (!kind) continue
    const theirs: ListedResource[] = []
    for (const cloud of clouds) {
      if (!(await cloud.has(shape.service))) continue
      for (const query of shape.queries)
        for await (const { body, date } of cloud.pages(shape.service, shape.path, shape.list, query, { role: shape.role }))
          theirs.push(...shape.parse(body, date).map(resourceOf))
    }
    const open = await reading.openResources(kind)
    compared.push({ kind, theirs, ours: open.map(({ updatedAt, ...resource }) => ({ ...resource, changedAt: updatedAt })) })
  }
  return compared
}

const resourceOf = ({ resource, project, about }: CloudEvent): ListedResource => ({
  id: resource?.id ?? '',
  name: about?.name ?? null,
  project,
  changedAt: about?.updatedAt ?? about?.createdAt ?? null,
})

/** null for instances that no cloud knows. */
async function askAll(clouds: readonly Cloud[], ids: readonly string[]): Promise<Map<string, AskedNova>> {
  const asked = new Map<string, AskedNova>()
  for (const id of new Set(ids)) {
    asked.set(id, null)
    for (const cloud of clouds) {
      const reply = await cloud.find('compute', `/servers/${encodeURIComponent(id)}`, {}, { atLeast: '2.47' })
      const server = isFields(reply?.body) && isFields(reply.body.server) ? reply.body.server : null
      if (server)
        asked.set(id, { status: text(server.status) ?? 'UNKNOWN', launchedAt: parseTimestamp(server['OS-SRV-USG:launched_at']) })
    }
  }
  return asked
}

const witnesses = { exists: "Nova's audit", api: 'the API', update: 'a later message' }

function disagreement({ instance, at, about, ours, theirs, witness }: Discrepancy): string {
  const value = (side: string | null) => printable(side ?? 'nothing')
  return `corrected   instance ${instance} ${about.replaceAll('_', ' ')}: journal ${value(ours)}, ${witnesses[witness]} ${value(theirs)} at ${iso(at)}: something was missed before`
}

const iso = (time: number) => new Date(time).toISOString()

function line({ kind, id, name, what, journal, api, cause, explained }: Difference): string {
  const value = (side: string | number | null) =>
    typeof side === 'number' ? `${side.toFixed(4)} h` : printable(side ?? 'nothing')
  return `${explained ? 'explained  ' : 'UNEXPLAINED'} ${kind} ${id} ${printable(name ?? '')} ${what}: journal ${value(journal)}, API ${value(api)}: ${cause}`
}
