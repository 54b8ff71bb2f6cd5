import type { Visit } from './visit.ts'

/** Display names for the ids of a page, asked for at once. An id without a known name shows itself. */
export async function namesOf(
  visit: Pick<Visit, 'deps'>,
  kind: string,
  ids: Iterable<string | null | undefined>,
): Promise<(id: string | null | undefined) => string | null> {
  const wanted = [...new Set([...ids].filter((id): id is string => typeof id === 'string' && id !== ''))]
  const names = wanted.length === 0 ? new Map<string, string>() : await visit.deps.inventory.names(kind, wanted)
  return (id) => (id ? (names.get(id) ?? id) : null)
}

/** Projects to choose from in a filter: those in the viewer's scope, by name. */
export async function projectChoices(visit: Visit, chosen: string | undefined) {
  const projects = await visit.deps.inventory.projects(visit.scope)
  return projects
    .map(({ id, name }) => ({ value: id, title: name ?? id, chosen: id === chosen }))
    .sort((a, b) => a.title.localeCompare(b.title))
}

/** Users to choose from: those who have or had anything in the viewer's scope, by name. */
export async function userChoices(visit: Visit, chosen: string | undefined) {
  const users = await visit.deps.inventory.users(visit.scope)
  return users
    .map(({ id, name }) => ({ value: id, title: name ?? id, chosen: id === chosen }))
    .sort((a, b) => a.title.localeCompare(b.title))
}

/** Hosts to choose from; nobody's business for those who may not see machines. */
export async function hostChoices(visit: Visit, chosen: string | undefined) {
  if (!visit.can('see', 'hosts')) return []
  const hypervisors = await visit.deps.inventory.hypervisors(visit.scope)
  return hypervisors
    .map(({ host }) => ({ value: host, title: host, chosen: host === chosen }))
    .sort((a, b) => a.title.localeCompare(b.title))
}
