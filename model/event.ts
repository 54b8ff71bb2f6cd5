/** Canonical facts about a cloud, the same whatever service, release or notification format told them. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Phase = 'start' | 'end' | 'error' | null

/** libvirt's own events (domain started, stopped …) travel the same road as the services'. */
export type Service = 'nova' | 'cinder' | 'glance' | 'neutron' | 'keystone' | 'swift' | 'libvirt' | 'specola' | 'other'

export interface ResourceRef {
  /** instance, volume, image, port, floatingip, project, user, hypervisor … */
  kind: string
  id: string
}

/** Sizes as the service states them: MiB and GiB. */
export interface FlavorFacts {
  id: string | null
  name: string | null
  vcpus: number
  memoryMb: number
  rootGb: number
  ephemeralGb: number
  swapMb?: number
  extraSpecs?: Readonly<Record<string, string>>
}

/** What a message says of an instance, taken from the payload and not from the event's name. Times are epoch ms; null = stated as absent. */
export interface InstanceFacts {
  name?: string
  hostname?: string
  oldName?: string
  flavor?: FlavorFacts
  newFlavor?: FlavorFacts | { name: string | null; id: string | null }
  image?: string | null
  availabilityZone?: string | null
  /** Nova's metadata, all of it; {} = stated as none. */
  metadata?: Readonly<Record<string, string>>
  /** Nova's tags, all of them. */
  tags?: readonly string[]
  node?: string | null
  state?: string | null
  oldState?: string | null
  taskState?: string | null
  oldTaskState?: string | null
  newTaskState?: string | null
  powerState?: string | null
  createdAt?: number | null
  launchedAt?: number | null
  terminatedAt?: number | null
  deletedAt?: number | null
  updatedAt?: number | null
  auditPeriod?: { from: number; to: number }
  addresses?: readonly { address: string; mac?: string; label?: string }[]
  volumes?: readonly string[]
  /** For attach and detach: the volume or port concerned. */
  volume?: string
  fault?: { type: string; message: string }
}

/**
 * What a message or a reply of the API says of a resource that is no instance: volume, snapshot, backup, image, floating IP,
 * network, subnet, port, router, project, user, flavor … Times are epoch ms; null = stated as absent, undefined = not said.
 */
export interface ResourceFacts {
  name?: string | null
  /** The service's own word: `in-use`, `active`, `DOWN` … */
  status?: string | null
  /** GiB: provisioned for volumes, snapshots and backups, stored for images (fractions). */
  sizeGib?: number | null
  /** Volume type, by id or name as the service tells it. */
  volumeType?: string | null
  /** Owner project, where the resource states one of its own. A request's project is not the owner of what it changed. */
  owner?: string | null
  /** Instances that it is attached to or serves; [] = none. */
  instances?: readonly string[]
  /** What it was made of or lies in: a snapshot's volume, a subnet's network, a floating IP's port … */
  parent?: ResourceRef | null
  address?: string | null
  /** For a port: the router whose interface it is. */
  router?: string | null
  /** For aggregates: the hosts in it. */
  hosts?: readonly string[]
  /** For projects: Keystone's tags. */
  tags?: readonly string[]
  /** Of a port: its MAC, the id of the instance, router … that it belongs to, and its addresses. */
  mac?: string | null
  device?: string | null
  fixed?: readonly { subnet: string; address: string }[]
  /** Of a subnet: the ranges that addresses are taken from. */
  pools?: readonly { start: string; end: string }[]
  /** Every project may see it: a public image or flavor, a shared or external network. */
  shared?: boolean
  /** For flavors: what it gives. */
  flavor?: FlavorFacts
  createdAt?: number | null
  updatedAt?: number | null
  deletedAt?: number | null
}

/** A fact, once. `id` is the bus notification's message_id (or our own for libvirt's events). */
export interface CloudEvent {
  id: string
  /** Canonical: `instance.create`, `volume.attach`, `domain.stopped` …; equal for legacy and versioned. */
  type: string
  phase: Phase
  format: 'legacy' | 'versioned' | 'native'
  service: Service
  /** When it happened, epoch ms (envelope timestamp; fractions of a millisecond are dropped). */
  time: number
  priority: string
  publisher: string
  resource: ResourceRef | null
  /** Ids: owner project and owner user of the resource; actor = who asked for it. */
  project: string | null
  user: string | null
  actor: string | null
  actorProject: string | null
  /** Names where the message tells them: id → name. Kept so that names outlive deletion. */
  names?: { project?: string; user?: string; actor?: string }
  host: string | null
  request: string | null
  /** The request that a service acted for, where it is another one. */
  globalRequest?: string
  /** Address that it was asked from, where it is told. */
  address?: string
  /** Present for instance events. */
  instance?: InstanceFacts
  /** Present for events of the resources of `ResourceFacts`. */
  about?: ResourceFacts
  /** Present where the service says more than the common fields: flat, canonical keys. */
  facts?: Readonly<Record<string, Json>>
}

/** An event that no service put on the bus: read from an API or a hypervisor. What is not given is not known. */
export function nativeEvent(
  told: Pick<CloudEvent, 'id' | 'type' | 'time' | 'service' | 'publisher'> & Partial<CloudEvent>,
): CloudEvent {
  return {
    phase: null,
    format: 'native',
    priority: 'INFO',
    resource: null,
    project: null,
    user: null,
    actor: null,
    actorProject: null,
    host: null,
    request: null,
    ...told,
  }
}

/** Outcome of reading one body from the bus. `more`: the further things that one request made (bulk creates). */
export type Decoded =
  | { ok: true; event: CloudEvent; more?: readonly CloudEvent[] }
  | { ok: true; ignored: true; type: string; reason: string; event: CloudEvent }
  | { ok: false; reason: string }

/** An event on its way into the journal, with the scrubbed text of the message it came from. */
export interface RecordedEvent {
  event: CloudEvent
  /** Further events of the same message: recorded with `event`, or not at all. The message counts once. */
  more?: readonly CloudEvent[]
  /** No decoder knows this type: kept raw, counted and listed. */
  ignored: boolean
  raw: string | null
}
