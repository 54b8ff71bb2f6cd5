/** Nova's os-simple-tenant-usage: the third witness. Totals of pages are added up. */

import { isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import type { Cloud } from './client.ts'
import { entries, number, text } from './reply.ts'

/** One instance as Nova counts it. Times are epoch ms, whole seconds. */
export interface NovaUsage {
  instance: string
  project: string
  name: string | null
  hours: number
  flavor: string | null
  vcpus: number | null
  memoryMb: number | null
  diskGb: number | null
  startedAt: number | null
  endedAt: number | null
  state: string | null
}

/** Below 2.40 Nova cuts the answer at 1,000 instances and says nothing. */
const paged = '2.40'
/** `detailed` is refused for one project from 2.75 on. */
const lastDetailed = '2.74'

/** Instances of all projects (or of one) in [from, to). The account must be an admin for anything but its own project. */
export async function novaUsage(cloud: Cloud, period: { from: number; to: number }, project?: string): Promise<NovaUsage[]> {
  const usages: NovaUsage[] = []
  const asked = { start: novaTime(period.from), end: novaTime(period.to), detailed: 1, limit: 1000 }
  const options = { atLeast: paged, atMost: lastDetailed, role: 'role admin' }
  if (project === undefined) {
    for await (const { body } of cloud.pages('compute', '/os-simple-tenant-usage', 'tenant_usages', asked, options))
      usages.push(...entries(body, 'tenant_usages').flatMap(usagesOf))
    return usages
  }
  let marker: string | undefined
  for (;;) {
    const path = `/os-simple-tenant-usage/${encodeURIComponent(project)}`
    const { body } = await cloud.get('compute', path, { ...asked, marker }, options)
    // a project without any usage answers {}
    const page = isFields(body) && isFields(body.tenant_usage) ? usagesOf(body.tenant_usage) : []
    usages.push(...page)
    const last = page.at(-1)?.instance
    const more =
      isFields(body) && Array.isArray(body.tenant_usage_links) && body.tenant_usage_links.some((link) => link?.rel === 'next')
    if (!more || last === undefined || last === marker) return usages
    marker = last
  }
}

export const usagesIn = (body: unknown): NovaUsage[] => entries(body, 'tenant_usages').flatMap(usagesOf)

function usagesOf(tenant: Readonly<Record<string, unknown>>): NovaUsage[] {
  return entries(tenant, 'server_usages').flatMap((row) => {
    const instance = text(row.instance_id)
    const project = text(row.tenant_id) ?? text(tenant.tenant_id)
    if (instance === null || project === null) return []
    return [
      {
        instance,
        project,
        name: text(row.name),
        hours: number(row.hours) ?? 0,
        flavor: text(row.flavor),
        vcpus: number(row.vcpus),
        memoryMb: number(row.memory_mb),
        diskGb: number(row.local_gb),
        startedAt: parseTimestamp(row.started_at),
        endedAt: parseTimestamp(row.ended_at),
        state: text(row.state),
      },
    ]
  })
}

/** Nova takes no zone and no bare date: `2026-11-22T16:03:46.000`. */
const novaTime = (time: number) => new Date(time).toISOString().slice(0, -1)
