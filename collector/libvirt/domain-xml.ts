/** What a domain's XML tells that statistics do not: who owns it (Nova's metadata), its devices, how often the guest reports memory. */
import { AppError } from '../../model/contract.ts'
import type { Named } from '../../model/resource.ts'
import { attribute, child, children, decoded, type Node, nodeOf, parseXml, textOf } from '../xml-node.ts'

export interface NovaFacts {
  name: string | null
  createdAt: number | null
  flavor: { name: string; vcpus: number; memoryMb: number; diskGb: number } | null
  user: Named | null
  project: Named | null
  image: string | null
  ports: readonly { id: string; addresses: readonly string[] }[]
}

export interface DomainNic {
  /** The tap on the host, null while the domain does not run. */
  device: string | null
  mac: string | null
  /** The Neutron port behind it. */
  port: string | null
  addresses: readonly string[]
}

export interface DomainDisk {
  /** vda, vdb … as in the statistics. */
  device: string
  kind: string
  /** Cinder's volume id, where Nova put it. */
  serial: string | null
}

export interface DomainFacts {
  uuid: string
  name: string
  nova: NovaFacts | null
  nics: readonly DomainNic[]
  disks: readonly DomainDisk[]
  /** How often the guest's memory driver reports, in seconds; 0 = never. */
  balloonPeriodS: number
  /** Has the channel of QEMU's guest agent; whether one runs in it is another matter. */
  agent: boolean
}

/** A domain's XML is 5 kB; one with hundreds of devices not a hundred times that. */
export const maxXmlBytes = 1024 * 1024

const agentChannel = 'org.qemu.guest_agent.0'

const novaNamespace = /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\/1\.\d+$/

/** Throws AppError('protocol') for what is too large, declares entities, or is not a domain. */
export function parseDomainXml(xml: string): DomainFacts {
  if (xml.length > maxXmlBytes) throw unusable(`${xml.length} characters long (at most ${maxXmlBytes})`)
  const document = parseXml(xml, unusable)
  const domain = child(document, 'domain')
  const uuid = textOf(domain, 'uuid')
  const name = textOf(domain, 'name')
  if (domain === null || uuid === null || name === null) throw unusable('it describes no domain')
  const devices = child(domain, 'devices')
  const nova = novaFacts(child(domain, 'metadata'))
  const period = Number(attribute(child(child(devices, 'memballoon'), 'stats'), 'period') ?? 0)
  return {
    uuid: uuid.toLowerCase(),
    name,
    nova,
    nics: nicsOf(devices, nova),
    disks: children(devices, 'disk').flatMap(diskOf),
    balloonPeriodS: Number.isFinite(period) && period > 0 ? period : 0,
    agent: children(devices, 'channel').some((channel) => attribute(child(channel, 'target'), 'name') === agentChannel),
  }
}

const unusable = (why: string) => new AppError('protocol', `a domain's XML cannot be used: ${why}`)

function diskOf(disk: Node): DomainDisk[] {
  const device = attribute(child(disk, 'target'), 'dev')
  return device === null ? [] : [{ device, kind: attribute(disk, 'device') ?? 'disk', serial: textOf(disk, 'serial') }]
}

/** Ports and interfaces come in separate lists: a tap is named after its port; those left over, if as many, in the same order. */
function nicsOf(devices: Node | null, nova: NovaFacts | null): DomainNic[] {
  const ports = nova?.ports ?? []
  const nics = children(devices, 'interface').map((nic) => {
    const device = attribute(child(nic, 'target'), 'dev')
    const port = device === null ? undefined : ports.find(({ id }) => device.length > 3 && device.slice(3) === id.slice(0, 11))
    return { device, mac: attribute(child(nic, 'mac'), 'address'), port }
  })
  const unnamed = nics.filter(({ port }) => port === undefined)
  const free = ports.filter((port) => !nics.some((nic) => nic.port === port))
  if (unnamed.length === free.length) for (const nic of unnamed) nic.port = free.shift()
  return nics.map(({ device, mac, port }) => ({ device, mac, port: port?.id ?? null, addresses: port?.addresses ?? [] }))
}

function novaFacts(metadata: Node | null): NovaFacts | null {
  for (const [key, value] of Object.entries(metadata ?? {})) {
    const [prefix, local] = key.split(':')
    const node = nodeOf(value)
    if (local !== 'instance' || node === null || !novaNamespace.test(attribute(node, `xmlns:${prefix}`) ?? '')) continue
    const of = (name: string) => `${prefix}:${name}`
    const owner = child(node, of('owner'))
    const root = child(node, of('root'))
    return {
      name: textOf(node, of('name')),
      createdAt: timeOf(textOf(node, of('creationTime'))),
      flavor: flavorOf(child(node, of('flavor')), of),
      user: named(child(owner, of('user'))),
      project: named(child(owner, of('project'))),
      image: attribute(root, 'type') === 'image' ? attribute(root, 'uuid') : null,
      ports: children(child(node, of('ports')), of('port')).map((port) => ({
        id: attribute(port, 'uuid') ?? '',
        addresses: children(port, of('ip')).flatMap((ip) => attribute(ip, 'address') ?? []),
      })),
    }
  }
  return null
}

function flavorOf(flavor: Node | null, of: (name: string) => string): NovaFacts['flavor'] {
  const name = attribute(flavor, 'name')
  if (name === null) return null
  const size = (field: string) => {
    const value = Number(textOf(flavor, of(field)) ?? 0)
    return Number.isFinite(value) ? value : 0
  }
  return { name, vcpus: size('vcpus'), memoryMb: size('memory'), diskGb: size('disk') + size('ephemeral') }
}

function named(node: Node | null): Named | null {
  const id = attribute(node, 'uuid')
  return id === null ? null : { id, name: decoded(node?.['#text']) }
}

/** `2026-11-22 15:56:21`, UTC. */
function timeOf(text: string | null): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/.exec(text ?? '')
  const time = match ? Date.parse(`${match[1]}T${match[2]}Z`) : Number.NaN
  return Number.isNaN(time) ? null : time
}
