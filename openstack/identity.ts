/** Replies of Keystone's lists → names of ids, and readings of projects, users, groups, domains and roles. */
import type { CloudEvent } from '../model/event.ts'
import type { Fields } from '../model/fields.ts'
import type { Named } from '../model/resource.ts'
import { entries, type Observation, observed, text } from './reply.ts'

/** `GET /v3/projects` or `/v3/users`. Entries without id or name are left out. */
export function namesFrom(body: unknown, list: 'projects' | 'users'): Named[] {
  return entries(body, list).flatMap(({ id, name }) => (typeof id === 'string' && typeof name === 'string' ? [{ id, name }] : []))
}

/** One `project.observed` per project. A project belongs to itself: whoever may see it may see its entry. */
export const projectsObserved = lists('project', 'projects', ({ id, name }) => ({
  project: text(id),
  ...named('project', name),
}))

/** One `user.observed` per user. Users belong to domains, not to projects. Addresses and the like are left where they are. */
export const usersObserved = lists('user', 'users', ({ id, name }) => ({
  project: null,
  user: text(id),
  ...named('user', name),
}))

/** One `group.observed` per group of users. */
export const groupsObserved = lists('group', 'groups', () => ({ project: null }))

/** One `domain.observed` per domain. */
export const domainsObserved = lists('domain', 'domains', () => ({ project: null }))

/** One `role.observed` per role. */
export const rolesObserved = lists('role', 'roles', () => ({ project: null }))

function lists(kind: string, list: string, owner: (entry: Fields) => Pick<Observation, 'project' | 'user' | 'names'>) {
  return (body: unknown, readAt: number): CloudEvent[] =>
    entries(body, list).flatMap((entry) => {
      const domain = text(entry.domain_id)
      return (
        observed(entry, readAt, {
          kind,
          service: 'keystone',
          ...owner(entry),
          about: {
            name: text(entry.name),
            ...(Array.isArray(entry.tags) && { tags: entry.tags.filter((tag) => typeof tag === 'string') }),
            ...(typeof entry.enabled === 'boolean' && { status: entry.enabled ? 'enabled' : 'disabled' }),
            ...(domain && { parent: { kind: 'domain', id: domain } }),
          },
        }) ?? []
      )
    })
}

const named = (kind: 'project' | 'user', name: unknown): Pick<Observation, 'names'> =>
  typeof name === 'string' && name !== '' ? { names: { [kind]: name } } : {}
