/** What the demo's libvirt says of a guest: XML as Nova writes it, and the typed parameters of a bulk reply. */
import { domainStates } from '../libvirt/stats.ts'
import type { DemoCounters, DemoDomain } from './domain.ts'
import { hash } from './profile.ts'

const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const hex = (text: string) => hash(text).toString(16).padStart(8, '0')

/** Ports have ids and MACs of their own, made from the instance's. */
export function demoPort(uuid: string, index: number): { id: string; mac: string; device: string } {
  const a = hex(`${uuid} port ${index}`)
  const b = hex(`${uuid} net ${index}`)
  const id = `${a}-${b.slice(0, 4)}-4${b.slice(4, 7)}-8${a.slice(0, 3)}-${a}${b.slice(0, 4)}`
  return { id, mac: `fa:16:3e:${b.slice(0, 2)}:${b.slice(2, 4)}:${b.slice(4, 6)}`, device: `tap${id.slice(0, 11)}` }
}

/** The live XML, in short: what a monitor reads of it. */
export function demoXml({ uuid, domain, nova }: DemoDomain, id: number): string {
  const { flavor, project, user, addresses } = nova
  const ports = addresses.map((address, i) => ({ address, ...demoPort(uuid, i) }))
  const created = new Date(nova.createdAt).toISOString().slice(0, 19).replace('T', ' ')
  return `<domain type='qemu'${id < 0 ? '' : ` id='${id}'`}>
  <name>${escaped(domain)}</name>
  <uuid>${uuid}</uuid>
  <metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:package version="26.2.2"/>
      <nova:name>${escaped(nova.name)}</nova:name>
      <nova:creationTime>${created}</nova:creationTime>
      <nova:flavor name="${escaped(flavor.name)}">
        <nova:memory>${flavor.memoryMb}</nova:memory>
        <nova:disk>${flavor.diskGb}</nova:disk>
        <nova:swap>0</nova:swap>
        <nova:ephemeral>0</nova:ephemeral>
        <nova:vcpus>${flavor.vcpus}</nova:vcpus>
      </nova:flavor>
      <nova:owner>
        <nova:user uuid="${escaped(user.id)}">${escaped(user.name ?? '')}</nova:user>
        <nova:project uuid="${escaped(project.id)}">${escaped(project.name ?? '')}</nova:project>
      </nova:owner>${nova.image === null ? '' : `\n      <nova:root type="image" uuid="${escaped(nova.image)}"/>`}
      <nova:ports>${ports
        .map((port) => {
          const version = port.address.includes(':') ? 6 : 4
          return `\n        <nova:port uuid="${port.id}"><nova:ip type="fixed" address="${escaped(port.address)}" ipVersion="${version}"/></nova:port>`
        })
        .join('')}
      </nova:ports>
    </nova:instance>
  </metadata>
  <vcpu placement='static'>${flavor.vcpus}</vcpu>
  <devices>
    <disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>${ports
      .map(({ mac, device }) => `\n    <interface type='bridge'><mac address='${mac}'/><target dev='${device}'/></interface>`)
      .join('')}
    <memballoon model='virtio'><stats period='10'/></memballoon>
  </devices>
</domain>
`
}

const stateOf = { running: domainStates.running, paused: domainStates.paused, stopped: domainStates.shutOff } as const

/** libvirt's reasons: booted; paused by the user; shut off by a crash or by the user. */
const reasonOf = ({ power, crashed }: DemoCounters) => (power === 'stopped' ? (crashed ? 3 : 1) : 1)

const group = { state: 1, cpu: 2, balloon: 4, vcpu: 8, interface: 16, block: 32 } as const

/** The fields of the groups asked for, in libvirt's order. `time`: epoch ms. */
export function demoParams(
  domain: DemoDomain,
  counters: DemoCounters,
  groups: number,
  time: number,
): Map<string, number | string> {
  const params = new Map<string, number | string>()
  const put = (field: string, value: number | string) => params.set(field, typeof value === 'number' ? Math.round(value) : value)
  const wants = (bit: number) => groups === 0 || (groups & bit) !== 0
  if (wants(group.state)) {
    put('state.state', stateOf[counters.power])
    put('state.reason', reasonOf(counters))
  }
  if (counters.power === 'stopped') return params
  if (wants(group.cpu)) {
    put('cpu.time', counters.counters.hostCpuNs)
    put('cpu.user', counters.counters.hostCpuNs * 0.93)
    put('cpu.system', counters.counters.hostCpuNs * 0.07)
  }
  if (wants(group.balloon)) putBalloon(put, domain, counters, time)
  if (wants(group.vcpu)) putVcpus(put, domain, counters)
  if (wants(group.interface)) putInterfaces(put, domain, counters)
  if (wants(group.block)) putDisk(put, domain, counters)
  return params
}

type Put = (field: string, value: number | string) => void

function putBalloon(put: Put, { nova, uuid }: DemoDomain, { memoryUsed, counters, power }: DemoCounters, time: number): void {
  const kib = nova.flavor.memoryMb * 1024
  const available = kib * 0.94 - 20_000
  const usable = available * (1 - Math.min(0.99, Math.max(0.02, memoryUsed)))
  put('balloon.current', kib)
  put('balloon.maximum', kib)
  put('balloon.swap_in', 0)
  put('balloon.swap_out', 0)
  put('balloon.major_fault', 0)
  put('balloon.minor_fault', counters.minorFaults)
  put('balloon.unused', usable * 0.9)
  put('balloon.available', available)
  put('balloon.usable', usable)
  // the guest reports every ten seconds, each at its own moment; a paused one reports nothing, libvirt repeats the last
  if (power === 'running') put('balloon.last-update', Math.floor(time / 1000) - ((Math.floor(time / 1000) + hash(uuid)) % 10))
  put('balloon.rss', kib * (0.35 + 0.65 * memoryUsed) + 60_000)
}

function putVcpus(put: Put, { nova }: DemoDomain, { counters }: DemoCounters): void {
  const { vcpus } = nova.flavor
  put('vcpu.current', vcpus)
  put('vcpu.maximum', vcpus)
  for (let n = 0; n < vcpus; n++) {
    put(`vcpu.${n}.state`, 1)
    put(`vcpu.${n}.time`, counters.vcpuNs / vcpus)
    put(`vcpu.${n}.wait`, 0)
    put(`vcpu.${n}.delay`, counters.delayNs / vcpus)
  }
}

function putInterfaces(put: Put, { nova, uuid }: DemoDomain, { counters }: DemoCounters): void {
  const count = nova.addresses.length
  put('net.count', count)
  for (let n = 0; n < count; n++) {
    put(`net.${n}.name`, demoPort(uuid, n).device)
    // the first interface carries most of it
    const share = count === 1 ? 1 : n === 0 ? 0.8 : 0.2 / (count - 1)
    put(`net.${n}.rx.bytes`, counters.rxBytes * share)
    put(`net.${n}.rx.pkts`, counters.rxPackets * share)
    put(`net.${n}.rx.errs`, 0)
    put(`net.${n}.rx.drop`, 0)
    put(`net.${n}.tx.bytes`, counters.txBytes * share)
    put(`net.${n}.tx.pkts`, counters.txPackets * share)
    put(`net.${n}.tx.errs`, 0)
    put(`net.${n}.tx.drop`, 0)
  }
}

function putDisk(put: Put, { nova, uuid }: DemoDomain, { counters }: DemoCounters): void {
  const capacity = Math.max(1, nova.flavor.diskGb) * 2 ** 30
  const filled = 0.12 + (hash(`${uuid} disk`) % 1000) / 2200
  put('block.count', 1)
  put('block.0.name', 'vda')
  put('block.0.path', `/var/lib/nova/instances/${uuid}/disk`)
  put('block.0.backingIndex', 1)
  put('block.0.rd.reqs', counters.readOps)
  put('block.0.rd.bytes', counters.readBytes)
  put('block.0.rd.times', counters.readNs)
  put('block.0.wr.reqs', counters.writeOps)
  put('block.0.wr.bytes', counters.writeBytes)
  put('block.0.wr.times', counters.writeNs)
  put('block.0.fl.reqs', counters.flushOps)
  put('block.0.fl.times', counters.flushNs)
  put('block.0.allocation', Math.min(capacity * 0.97, capacity * filled + counters.writeBytes * 0.01))
  put('block.0.capacity', capacity)
  put('block.0.physical', Math.min(capacity * 0.95, capacity * filled * 0.95 + counters.writeBytes * 0.01))
}
