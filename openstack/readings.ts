/** One reply's body, of whatever list → the readings in it. Which list it is shows by its name in the body. */
import type { CloudEvent } from '../model/event.ts'
import { aggregatesObserved } from './aggregates.ts'
import { flavorsObserved } from './flavors.ts'
import { floatingIpsObserved } from './floating-ips.ts'
import { domainsObserved, groupsObserved, projectsObserved, rolesObserved, usersObserved } from './identity.ts'
import { imagesObserved } from './images.ts'
import { networksObserved, portsObserved, routersObserved, securityGroupsObserved, subnetsObserved } from './networks.ts'
import { serversObserved } from './servers.ts'
import { backupsObserved, snapshotsObserved } from './snapshots.ts'
import { volumesObserved, volumeTypesObserved } from './volumes.ts'

const parsers: readonly ((body: unknown, readAt: number) => CloudEvent[])[] = [
  serversObserved,
  volumesObserved,
  volumeTypesObserved,
  snapshotsObserved,
  backupsObserved,
  imagesObserved,
  floatingIpsObserved,
  networksObserved,
  subnetsObserved,
  portsObserved,
  routersObserved,
  securityGroupsObserved,
  projectsObserved,
  usersObserved,
  groupsObserved,
  domainsObserved,
  rolesObserved,
  flavorsObserved,
  aggregatesObserved,
]

/** `readAt`: when the API answered, epoch ms. Bodies of other lists give nothing. */
export const readingsOf = (body: unknown, readAt: number): CloudEvent[] => parsers.flatMap((parse) => parse(body, readAt))
