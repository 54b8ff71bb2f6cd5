/** One list, read as a whole and taken in page by page. */
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { Cloud } from '../../openstack/client.ts'
import type { ListShape } from '../../openstack/lists.ts'
import type { Query } from '../../openstack/paging.ts'
import { entries, text } from '../../openstack/reply.ts'
import type { CompleteList } from './complete-lists.ts'
import type { Take, Taken } from './take.ts'

export interface ListRead extends Taken {
  /** Null when the account may not see everything: such a list must not end anything. */
  complete: CompleteList | null
}

/** Every page of the list. What is news in a page is durable before the next one is asked for. */
export async function readList(cloud: Cloud, shape: ListShape, take: Take, clock: Clock): Promise<ListRead> {
  const total = { read: 0, news: 0 }
  const readAt = clock.now()
  const ids: string[] = []
  const queries: Query[] = shape.kind === 'user' ? await userQueries(cloud, shape) : [...shape.queries]
  for (let query = queries.shift(); query; query = queries.shift()) {
    for await (const { body, date } of cloud.pages(shape.service, shape.path, shape.list, query, { role: shape.role })) {
      if ((body as { truncated?: unknown }).truncated === true) queries.push(...(await byDomain(cloud, shape, query)))
      const taken = await take.resources(shape.parse(body, date))
      total.read += taken.read
      total.news += taken.news
      for (const entry of entries(body, shape.list)) ids.push(...[text(entry.id) ?? []].flat())
    }
  }
  // services other than Nova answer an account that is no admin with what is its own, and do not say so
  const { roles } = await cloud.whoami()
  return { ...total, complete: roles.includes('admin') ? { readAt, ids } : null }
}

/** Where domains keep their users elsewhere (LDAP), Keystone lists those of one domain only, and does not say so. */
async function userQueries(cloud: Cloud, shape: ListShape): Promise<Query[]> {
  const queries = await Promise.all(shape.queries.map((query) => byDomain(cloud, shape, query)))
  return queries.flat()
}

/** Keystone before 2025.1 cuts a long list and only says that it did: then each domain is asked for by itself. */
async function byDomain(cloud: Cloud, shape: ListShape, query: Query): Promise<Query[]> {
  if (query.domain_id !== undefined || shape.kind === 'domain')
    throw new AppError(
      'protocol',
      `identity: GET ${shape.path} is cut at Keystone's list_limit, also for one domain: raise it ([DEFAULT] list_limit in keystone.conf)`,
    )
  const { body } = await cloud.get('identity', '/domains')
  return entries(body, 'domains').flatMap(({ id }) => (text(id) === null ? [] : [{ ...query, domain_id: text(id) as string }]))
}
