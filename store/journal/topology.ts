/** The inventory as the topology is made of it, in one reading of each table. */
import type { TopologyFacts } from '../../model/topology.ts'
import type { Database } from './database.ts'

/** `regions`: names of the regions that are listened to. */
export function topologyFacts(db: Database, regions: () => readonly string[]): () => Promise<TopologyFacts> {
  // One JSON text a kind: thousands of row objects would cost more than the rest.
  const read = <T>(sql: string): T[] => JSON.parse(db.get<{ list: string }>(sql)?.list ?? '[]') as T[]
  const resources = <T>(kind: string, fields = ''): T[] =>
    read(`SELECT json_group_array(json_object('id', id, 'name', name, 'project', project${fields})) AS list
      FROM resource WHERE kind = '${kind}' AND deleted_at IS NULL`)
  const about = (field: string, path: string) => `, '${field}', json_extract(about, '$.${path}')`
  return async () => ({
    regions: regions(),
    hosts: read(`SELECT json_group_array(host) AS list FROM hypervisor`),
    instances: read(`SELECT json_group_array(json_object('id', id, 'name', name, 'project', project, 'host', host, 'state', state,
        'zone', (SELECT l.az FROM instance_label l WHERE l.instance = instance.id))) AS list
      FROM instance WHERE terminated_at IS NULL`),
    routers: resources('router'),
    networks: resources('network'),
    subnets: resources('subnet', about('network', 'parent.id') + about('prefix', 'address')),
    ports: resources<TopologyFacts['ports'][number] & { instances: readonly string[] | null }>(
      'port',
      `${about('network', 'parent.id')}${about('address', 'address')}${about('status', 'status')}${about('router', 'router')}
        , 'instances', json(coalesce(json_extract(about, '$.instances'), '[]')), 'at', updated_at`,
    ),
  })
}
