/** Instances of a cloud, as its Nova lists them. */
import type { Cloud } from '../../openstack/client.ts'
import { entries, text } from '../../openstack/reply.ts'
import { everyServer, serversObserved } from '../../openstack/servers.ts'
import type { CompleteList } from './complete-lists.ts'
import type { Take, Taken } from './take.ts'

const pageSize = 1000
/** Embedded flavors, without which a reading says nothing of sizes. */
const options = { atLeast: '2.47', role: 'role admin (instances of all projects)' }

export interface ServerPage extends Taken {
  /** Of the next page; null at the end. */
  marker: string | null
  /** When Nova answered, by its own clock; epoch ms. */
  date: number
  /** Every entry's id and when it was last changed. */
  entries: readonly { id: string; updated: string | null; project: string | null }[]
}

/** Changed since (epoch ms), the deleted included; from a marker on. What is news in a page is durable when it is yielded. */
export const changedServers = (cloud: Cloud, take: Take, since: number, marker?: string, limit = pageSize) =>
  serverPages(cloud, take, {
    all_tenants: 1,
    'changes-since': new Date(Math.max(0, since)).toISOString().replace(/\.\d+Z$/, 'Z'),
    limit,
    marker,
  })

/** All that exist, the soft-deleted too. Entries of a cell that is down are there without saying anything. */
export async function allServers(cloud: Cloud, take: Take): Promise<Taken & { complete: CompleteList; date: number }> {
  const total = { read: 0, news: 0, date: Number.POSITIVE_INFINITY }
  const ids: string[] = []
  for await (const page of serverPages(cloud, take, everyServer)) {
    total.read += page.read
    total.news += page.news
    total.date = Math.min(total.date, page.date)
    for (const { id } of page.entries) ids.push(id)
  }
  return { ...total, complete: { readAt: total.date, ids } }
}

async function* serverPages(
  cloud: Cloud,
  take: Take,
  query: Record<string, string | number | undefined>,
): AsyncGenerator<ServerPage> {
  for await (const { body, date, marker } of cloud.pages('compute', '/servers/detail', 'servers', query, options)) {
    const taken = await take.instances(serversObserved(body, date))
    yield {
      ...taken,
      marker,
      date,
      entries: entries(body, 'servers').flatMap((server) => {
        const id = text(server.id)
        return id === null ? [] : [{ id, updated: text(server.updated), project: text(server.tenant_id) }]
      }),
    }
  }
}

/** One instance: taken in when it says something; `gone` when Nova does not know it (deleted ones are not known by GET). */
export async function lookAt(cloud: Cloud, take: Take, id: string): Promise<'there' | 'gone'> {
  const reply = await cloud.find('compute', `/servers/${encodeURIComponent(id)}`, {}, { atLeast: '2.47' })
  if (reply === null) return 'gone'
  await take.instances(serversObserved({ servers: [(reply.body as { server?: unknown } | null)?.server] }, reply.date))
  return 'there'
}
