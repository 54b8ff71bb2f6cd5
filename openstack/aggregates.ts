/** Replies of Nova's `GET /os-aggregates` → readings of host aggregates. */
import type { CloudEvent } from '../model/event.ts'
import { entries, observed, text } from './reply.ts'

/** One `aggregate.observed` per aggregate, by its uuid (told from microversion 2.41 on), as the bus calls it too. */
export function aggregatesObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'aggregates').flatMap((aggregate) => {
    const hosts = Array.isArray(aggregate.hosts) ? aggregate.hosts.filter((host) => typeof host === 'string') : []
    const entry = { ...aggregate, id: text(aggregate.uuid) ?? aggregate.id }
    return (
      observed(entry, readAt, {
        kind: 'aggregate',
        service: 'nova',
        project: null,
        about: { name: text(aggregate.name), hosts },
      }) ?? []
    )
  })
}
