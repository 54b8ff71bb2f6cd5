/** The lists that are read as a whole: where they are, which role they need, and what is lost without them. */
import type { CloudEvent } from '../model/event.ts'
import { aggregatesObserved } from './aggregates.ts'
import type { ServiceName } from './catalog.ts'
import { flavorsObserved } from './flavors.ts'
import { floatingIpsObserved } from './floating-ips.ts'
import { domainsObserved, projectsObserved, usersObserved } from './identity.ts'
import { imagesObserved } from './images.ts'
import { networksObserved, portsObserved, routersObserved, securityGroupsObserved, subnetsObserved } from './networks.ts'
import type { Query } from './paging.ts'
import { backupsObserved, snapshotsObserved } from './snapshots.ts'
import { volumesObserved, volumeTypesObserved } from './volumes.ts'

export interface ListShape {
  kind: string
  service: ServiceName
  path: string
  /** Name of the list in the reply. */
  list: string
  /** A list that is made of several is asked for once with each. */
  queries: readonly Query[]
  /** Who sees all of it by default. */
  role: string
  /** Without that role the list is cut to one's own project, and nothing says so. */
  ownOnly?: true
  parse(body: unknown, readAt: number): CloudEvent[]
}

const page = 1000
const allTenants: readonly Query[] = [{ all_tenants: 1, limit: page }]
const paged: readonly Query[] = [{ limit: page }]
const sorted: readonly Query[] = [{ limit: page, sort_key: 'id', sort_dir: 'asc' }]
const admin = 'role admin'
const identityReader = 'role admin, or reader on the system'

export const lists: readonly ListShape[] = [
  {
    kind: 'domain',
    service: 'identity',
    path: '/domains',
    list: 'domains',
    queries: paged,
    role: identityReader,
    parse: domainsObserved,
  },
  {
    kind: 'project',
    service: 'identity',
    path: '/projects',
    list: 'projects',
    queries: paged,
    role: identityReader,
    parse: projectsObserved,
  },
  {
    kind: 'user',
    service: 'identity',
    path: '/users',
    list: 'users',
    queries: paged,
    role: identityReader,
    parse: usersObserved,
  },
  {
    kind: 'aggregate',
    service: 'compute',
    path: '/os-aggregates',
    list: 'aggregates',
    queries: [{}],
    role: admin,
    parse: aggregatesObserved,
  },
  {
    kind: 'flavor',
    service: 'compute',
    path: '/flavors/detail',
    list: 'flavors',
    queries: [{ is_public: 'None', limit: page }],
    role: admin,
    parse: flavorsObserved,
  },
  {
    kind: 'volume',
    service: 'volume',
    path: '/volumes/detail',
    list: 'volumes',
    queries: allTenants,
    role: admin,
    ownOnly: true,
    parse: volumesObserved,
  },
  {
    kind: 'volume_type',
    service: 'volume',
    path: '/types',
    list: 'volume_types',
    queries: [{ is_public: 'None', limit: page }],
    role: 'any role',
    parse: volumeTypesObserved,
  },
  {
    kind: 'snapshot',
    service: 'volume',
    path: '/snapshots/detail',
    list: 'snapshots',
    queries: allTenants,
    role: admin,
    ownOnly: true,
    parse: snapshotsObserved,
  },
  {
    kind: 'backup',
    service: 'volume',
    path: '/backups/detail',
    list: 'backups',
    queries: allTenants,
    role: admin,
    ownOnly: true,
    parse: backupsObserved,
  },
  {
    kind: 'image',
    service: 'image',
    path: '/images',
    list: 'images',
    // hidden images are left out unless asked for
    queries: [{ limit: page }, { limit: page, os_hidden: 'true' }],
    role: admin,
    ownOnly: true,
    parse: imagesObserved,
  },
  {
    kind: 'floatingip',
    service: 'network',
    path: '/floatingips',
    list: 'floatingips',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: floatingIpsObserved,
  },
  {
    kind: 'network',
    service: 'network',
    path: '/networks',
    list: 'networks',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: networksObserved,
  },
  {
    kind: 'subnet',
    service: 'network',
    path: '/subnets',
    list: 'subnets',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: subnetsObserved,
  },
  {
    kind: 'port',
    service: 'network',
    path: '/ports',
    list: 'ports',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: portsObserved,
  },
  {
    kind: 'router',
    service: 'network',
    path: '/routers',
    list: 'routers',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: routersObserved,
  },
  {
    kind: 'security_group',
    service: 'network',
    path: '/security-groups',
    list: 'security_groups',
    queries: sorted,
    role: admin,
    ownOnly: true,
    parse: securityGroupsObserved,
  },
]
