import type { Clock } from '../../model/clock.ts'
import { LibvirtClient } from './client.ts'
import { domainEventIds } from './domain-events.ts'
import {
  connectType,
  connectVersion,
  features,
  hostname,
  LibvirtError,
  libVersion,
  libvirtCodes,
  nodeInfo,
  registerEvent,
  supportsFeature,
} from './procedures.ts'
import type { LibvirtConnection } from './section.ts'

/** A connection that is ready for polling, and what does not change while it lasts. */
export interface OpenedHypervisor {
  client: LibvirtClient
  host: string
  /** `QEMU`, `Test` … */
  driver: string
  version: string
  cpus: number
  memoryKib: number
}

/** Connects, learns what never changes, and registers for events: before the first list, so that nothing after it is missed. */
export async function openHypervisor(config: LibvirtConnection, clock: Clock): Promise<OpenedHypervisor> {
  const client = await LibvirtClient.open(config, { clock, timeoutMs: config.timeout })
  try {
    const host = config.host ?? (await client.call(hostname, undefined))
    const { cpus, memoryKib } = await client.call(nodeInfo, undefined)
    const driver = await client.call(connectType, undefined)
    const version = dotted(await client.call(connectVersion, undefined))
    const library = dotted(await client.call(libVersion, undefined))
    if (await client.call(supportsFeature, features.eventCallback)) await registerEvents(client)
    return { client, host, driver, version: `${driver} ${version}, libvirt ${library}`, cpus, memoryKib }
  } catch (error) {
    client.close()
    throw error
  }
}

/** Drivers without events (ESX, Hyper-V) refuse the first: then polls are all there is. */
async function registerEvents(client: LibvirtClient): Promise<void> {
  try {
    for (const id of domainEventIds) await client.call(registerEvent, id)
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.libvirtCode !== libvirtCodes.unsupported) throw error
  }
}

const dotted = (version: number) => [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.')
