/** How far the credentials of a cloud reach: every reading that the collector makes, tried with one entry. */
import { AppError } from '../../model/contract.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { type AuditLog, auditLogOf } from '../../openstack/audit-log.ts'
import { type ServiceName, serviceTypes } from '../../openstack/catalog.ts'
import type { Cloud } from '../../openstack/client.ts'
import { lists } from '../../openstack/lists.ts'
import type { Query } from '../../openstack/paging.ts'
import { entries } from '../../openstack/reply.ts'
import { type ServiceState, serviceStates } from '../../openstack/service-states.ts'
import { type Finding, ok } from './finding.ts'

export interface ApiView {
  findings: Finding[]
  /** Entries of the newest page of each list that were made or changed since `from`; null: the cloud could not be asked. */
  changed: Record<string, number> | null
  instances: number | null
  auditLog: AuditLog | null
  hasSwift: boolean | null
}

interface Try {
  service: ServiceName
  what: string
  path: string
  query: Query
  role: string
  costs: string
}

const adminRole = 'role admin'
const instances: Try = {
  service: 'compute',
  what: 'instances of all projects',
  path: '/servers/detail',
  query: { all_tenants: 1, limit: 1000 },
  role: adminRole,
  costs: 'lost messages are not found; backfill and verify do not work',
}
const others: readonly Try[] = [
  {
    ...{
      service: 'compute',
      what: 'usage as Nova counts it',
      path: '/os-simple-tenant-usage',
      query: { limit: 1 },
      role: adminRole,
    },
    costs: 'verify does not work, and lost ends are inferred',
  },
  {
    ...{ service: 'compute', what: "states of Nova's services", path: '/os-services', query: {}, role: adminRole },
    costs: 'a nova-compute that died is not seen: it sends nothing',
  },
  {
    ...{ service: 'compute', what: "log of Nova's audit", path: '/os-instance_usage_audit_log', query: {}, role: adminRole },
    costs: 'hosts whose audit did not run are not seen',
  },
  {
    ...{ service: 'placement', what: 'resource providers', path: '/resource_providers', query: {}, role: adminRole },
    costs: 'how many more instances fit, and how far hosts may be over-committed, is not known',
  },
]

export async function tryApis(cloud: Cloud, from: number): Promise<ApiView> {
  const findings: Finding[] = []
  const view: ApiView = { findings, changed: null, instances: null, auditLog: null, hasSwift: null }
  const subject = (what: string) => `${cloud.name}: ${what}`
  let admin = false
  try {
    const me = await cloud.whoami()
    admin = me.roles.includes('admin')
    const scope = me.project ? `project ${me.project.name ?? me.project.id}` : me.system ? 'the system' : 'no project'
    const found = `signed in as ${me.user.name ?? me.user.id} on ${scope} with ${me.roles.join(', ') || 'no role'}`
    findings.push(
      admin
        ? ok('api', subject('identity'), found)
        : {
            ...{ area: 'api', subject: subject('identity'), level: 'trouble', found },
            costs: 'volumes, images and networks of other projects are not listed, so their lost deletions are not found',
            advice: 'give Specola an application credential with role admin; it sends nothing but GET',
          },
    )
  } catch (error) {
    findings.push(refused(subject('identity'), error, 'the APIs are not read at all: what the bus loses stays lost'))
    return view
  }
  view.hasSwift = await cloud.has('object-store')
  const changed: Record<string, number> = {}
  for (const service of Object.keys(serviceTypes) as ServiceName[]) {
    if (service === 'object-store' || service === 'identity') continue
    if (!(await cloud.has(service))) {
      findings.push({ ...ok('api', subject(service), 'the catalog has no such service'), level: 'note' })
      continue
    }
    try {
      const { base, version, max } = await cloud.speaks(service)
      findings.push(ok('api', subject(service), version === null ? base : `${base}, version ${version} (it knows ${max})`))
    } catch (error) {
      findings.push(refused(subject(service), error, 'this service is not read'))
    }
  }
  const servers = await attempt(cloud, instances, findings)
  if (servers !== null) {
    const all = entries(servers, 'servers')
    view.instances = all.length
    changed.instance = all.filter((server) => (parseTimestamp(server.updated) ?? 0) >= from).length
  }
  let states: ServiceState[] = []
  for (const one of others) {
    if (!(await cloud.has(one.service))) continue
    const body = await attempt(cloud, one, findings)
    if (one.path === '/os-services') states = serviceStates('nova', body)
    if (one.path === '/os-instance_usage_audit_log') view.auditLog = auditLogOf(body)
  }
  const down = states.filter(({ up, enabled }) => enabled && !up)
  if (down.length > 0)
    findings.push({
      ...{ area: 'api', subject: subject('services that are down'), level: 'trouble' },
      found: down.map(({ binary, host }) => `${binary} on ${host}`).join(', '),
      costs: 'nothing is heard of the instances there',
      advice: 'start them, or disable them with a reason',
    })
  for (const shape of lists) {
    if (!(await cloud.has(shape.service))) continue
    const { service, path, role } = shape
    const query = { ...shape.queries[0] }
    const body = await attempt(
      cloud,
      {
        service,
        path,
        query,
        role,
        what: shape.list.replaceAll('_', ' '),
        costs: `lost changes of ${shape.list.replaceAll('_', ' ')} are not found`,
      },
      findings,
    )
    // below admin these say nothing of other projects, and say so to nobody
    if (body !== null && !admin && shape.ownOnly)
      findings.push({
        ...(findings.pop() as Finding),
        ...{
          level: 'note',
          found: 'those of the own project only',
          costs: 'the same of other projects',
          advice: `give it ${role}`,
        },
      })
    const times = shape.parse(body, from).map(({ about }) => Math.max(about?.createdAt ?? 0, about?.updatedAt ?? 0))
    changed[shape.kind] = times.filter((time) => time >= from).length
  }
  view.changed = changed
  return view
}

async function attempt(cloud: Cloud, { service, what, path, query, role, costs }: Try, findings: Finding[]): Promise<unknown> {
  try {
    const { body } = await cloud.get(service, path, query, { role })
    findings.push(ok('api', `${cloud.name}: ${what}`, 'may be read'))
    return body
  } catch (error) {
    findings.push(refused(`${cloud.name}: ${what}`, error, costs))
    return null
  }
}

function refused(subject: string, error: unknown, costs: string): Finding {
  if (!(error instanceof AppError)) throw error
  return { area: 'api', subject, level: 'trouble', found: error.message, costs, advice: null }
}
