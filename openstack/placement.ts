/** Replies of Placement (microversion 1.36). What is not as it should be is left out. */

import { type Fields, isFields } from '../model/fields.ts'
import type { ProviderInventory } from '../model/fitting.ts'
import type { ReadProvider } from '../model/placement.ts'
import { entries, number, text } from './reply.ts'

/** `GET /resource_providers`. */
export const providersFrom = (body: unknown): Pick<ReadProvider, 'id' | 'name' | 'generation' | 'root'>[] =>
  entries(body, 'resource_providers').flatMap((entry) => {
    const id = text(entry.uuid)
    if (id === null) return []
    const root = text(entry.root_provider_uuid) ?? id
    return { id, name: text(entry.name) ?? id, generation: number(entry.generation) ?? -1, root }
  })

/** `GET /resource_providers/{id}/inventories`; nothing is used yet. */
export function inventoriesFrom(body: unknown): Record<string, ProviderInventory> {
  return mapped(body, 'inventories', (entry) => {
    const total = isFields(entry) ? number(entry.total) : null
    if (!isFields(entry) || total === null) return null
    return {
      ...{ total, reserved: number(entry.reserved) ?? 0, allocationRatio: number(entry.allocation_ratio) ?? 1 },
      ...{ minUnit: number(entry.min_unit) ?? 1, maxUnit: number(entry.max_unit) ?? total },
      ...{ stepSize: number(entry.step_size) ?? 1, used: 0 },
    }
  })
}

/** `GET /resource_providers/{id}/usages`: by resource class. */
export const usagesFrom = (body: unknown): Record<string, number> => mapped(body, 'usages', number)

/** `GET /resource_providers/{id}/traits`, `…/aggregates`. */
export const textsFrom = (body: unknown, list: 'traits' | 'aggregates'): string[] =>
  isFields(body) && Array.isArray(body[list]) ? body[list].flatMap((entry) => text(entry) ?? []) : []

/** What is used of each provider in the trees that `GET /allocation_candidates` found room in: one answer for all of them. */
export function candidatesUsage(body: unknown): Map<string, Record<string, number>> {
  const summaries = isFields(body) && isFields(body.provider_summaries) ? body.provider_summaries : {}
  return new Map(
    Object.entries(summaries).map(([id, summary]) => [
      id,
      mapped(summary, 'resources', (entry) => (isFields(entry) ? number(entry.used) : null)),
    ]),
  )
}

/** Keys are names of resource classes, by Placement's own rule. */
function mapped<T>(body: unknown, field: string, read: (value: unknown) => T | null): Record<string, T> {
  const found: Fields = isFields(body) && isFields(body[field]) ? body[field] : {}
  return Object.fromEntries(
    Object.entries(found).flatMap(([key, value]) => {
      const known = /^[A-Z0-9_]{1,255}$/.test(key) ? read(value) : null
      return known === null ? [] : [[key, known]]
    }),
  )
}
