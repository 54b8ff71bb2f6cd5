import type { Clock } from '../../model/clock.ts'
import type { SeenInstance } from '../../model/resource.ts'
import { LibvirtClient } from './client.ts'
import type { DomainFacts } from './domain-xml.ts'
import type { GuestFacts } from './guest-facts.ts'
import { MonitorConnections } from './monitor-connections.ts'
import { Outbox } from './outbox.ts'
import type { DomainRef, NodeStats } from './procedures.ts'
import type { Silence } from './quarantine.ts'
import type { Reading } from './rates.ts'
import type { LibvirtConnection } from './section.ts'

/** What is known of one domain from poll to poll. */
export interface RememberedDomain {
  ref: DomainRef
  state: number
  /** The last reading of what the kernel tells, and of what QEMU answered. */
  network: Reading | null
  monitor: Reading | null
  /** null: not read, or not usable. */
  facts: DomainFacts | null
  /** For which life and devices the XML was read; '' = not yet, or to be read again. */
  factsFor: string
  /** null: its QEMU answers, or was never asked. */
  silence: Silence | null
  /** Id of the life in which a call of ours may have got stuck in it without our asking it alone. */
  suspect: number | null
  /** What its agent told last, where it is asked. */
  guest: GuestFacts | null
}

/** Everything that outlives a connection: baselines, cached XML, and events that are not handed over yet. */
export interface HypervisorMemory {
  readonly domains: Map<string, RememberedDomain>
  /** Here, because a stuck call stays stuck when the session that made it is over. */
  readonly monitors: MonitorConnections
  hostCpu: NodeStats | null
  /** How many figures each of the two calls about the host has. */
  readonly hostCounts: Map<number, number>
  readonly outbox: Outbox
  /** When all instances were last handed to the inventory, epoch ms. */
  announcedAt: number
}

/** An empty memory, with connections that are opened when they are needed; whoever made it closes its monitors. */
export const newHypervisorMemory = (config: LibvirtConnection, clock: Clock): HypervisorMemory => ({
  domains: new Map(),
  monitors: new MonitorConnections(() => LibvirtClient.open(config, { clock, timeoutMs: config.timeout }), clock),
  hostCpu: null,
  hostCounts: new Map(),
  outbox: new Outbox(),
  announcedAt: 0,
})

/** The domain's entry, made when it is new. */
export function remember(memory: HypervisorMemory, ref: DomainRef, state: number): RememberedDomain {
  const known = memory.domains.get(ref.uuid)
  if (known) return Object.assign(known, { ref, state })
  const domain = {
    ref,
    state,
    network: null,
    monitor: null,
    facts: null,
    factsFor: '',
    silence: null,
    suspect: null,
    guest: null,
  }
  memory.domains.set(ref.uuid, domain)
  return domain
}

/** Owner as the XML says, or null: not one of Nova's. */
export function seenInstance(domain: RememberedDomain, host: string, seenAt: number): SeenInstance | null {
  const nova = domain.facts?.nova
  if (!nova) return null
  return {
    id: domain.ref.uuid,
    domain: domain.ref.name,
    host,
    name: nova.name,
    project: nova.project,
    user: nova.user,
    flavor: nova.flavor,
    image: nova.image,
    addresses: addresses(domain.facts, domain.guest),
    createdAt: nova.createdAt,
    seenAt,
  }
}

function addresses(facts: DomainFacts | null, guest: GuestFacts | null): SeenInstance['addresses'] {
  const macs = new Map(facts?.nics.map(({ port, mac }) => [port, mac]))
  const ports = (facts?.nova?.ports ?? []).flatMap((port) => {
    const mac = macs.get(port.id)
    return port.addresses.map((address) => (mac ? { address, mac } : { address }))
  })
  const known = new Set(ports.map(({ address }) => address))
  const told = (guest?.addresses ?? []).filter(({ address }) => !known.has(address))
  return [...ports, ...told.map(({ address, mac }) => ({ address, label: 'guest', ...(mac ? { mac } : {}) }))]
}
