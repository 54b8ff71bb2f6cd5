/** Replies of Keystone's lists → names of ids. */
import type { Named } from '../model/resource.ts'

/** `GET /v3/projects` or `/v3/users`. Entries without id or name are left out. */
export function namesFrom(body: unknown, list: 'projects' | 'users'): Named[] {
  if (typeof body !== 'object' || body === null) return []
  const entries = (body as Record<string, unknown>)[list]
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: { id?: unknown; name?: unknown }) =>
    typeof entry?.id === 'string' && typeof entry.name === 'string' ? [{ id: entry.id, name: entry.name }] : [],
  )
}
