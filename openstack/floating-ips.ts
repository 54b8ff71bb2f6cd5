/** Replies of Neutron's `GET /v2.0/floatingips` → readings of floating IPs. */
import type { CloudEvent } from '../model/event.ts'
import { isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { entries, observed, text } from './reply.ts'

/** One `floatingip.observed` per floating IP. It is associated if and only if it has a port: `parent`, else null. */
export function floatingIpsObserved(body: unknown, readAt: number): CloudEvent[] {
  return entries(body, 'floatingips').flatMap((floatingIp) => {
    const port = text(floatingIp.port_id)
    const details = isFields(floatingIp.port_details) ? floatingIp.port_details : {}
    const device = text(details.device_owner)?.startsWith('compute:') ? text(details.device_id) : null
    return (
      observed(floatingIp, readAt, {
        kind: 'floatingip',
        service: 'neutron',
        project: text(floatingIp.project_id) ?? text(floatingIp.tenant_id),
        about: {
          name: text(floatingIp.floating_ip_address),
          address: text(floatingIp.floating_ip_address),
          status: text(floatingIp.status),
          parent: port ? { kind: 'port', id: port } : null,
          ...(port === null ? { instances: [] } : device ? { instances: [device] } : {}),
          createdAt: parseTimestamp(floatingIp.created_at),
          updatedAt: parseTimestamp(floatingIp.updated_at),
        },
      }) ?? []
    )
  })
}
