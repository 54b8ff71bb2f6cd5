/** Drivers that refuse bulk statistics (Xen), and events too (ESX, Hyper-V): a daemon that answers as theirs would, over a real socket. */
import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { encodeFrame, type Frame, FrameSplitter, programs } from '../../../collector/libvirt/frame.ts'
import { domainInfo, domainState, memoryStats } from '../../../collector/libvirt/plain-procedures.ts'
import * as procedures from '../../../collector/libvirt/procedures.ts'
import { XdrReader, XdrWriter } from '../../../collector/libvirt/xdr.ts'
import { systemClock } from '../../../model/clock.ts'
import { captured } from '../../support/captured.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const domains = Array.from({ length: 120 }, (_, n) => ({
  name: `instance-${n}`,
  uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  id: n + 1,
}))
const word = (value: number) => new XdrWriter().uint(value).done()

/** What a call is answered; null = refused as not supported. */
type Answers = Record<number, (args: XdrReader) => Buffer | null>

const common = (type: string): Answers => ({
  [procedures.authList.number]: () => word(0),
  [procedures.supportsFeature.number]: () => word(1),
  [procedures.connectOpen.number]: () => Buffer.alloc(0),
  [procedures.connectType.number]: () => new XdrWriter().string(type).done(),
  [procedures.connectVersion.number]: () => new XdrWriter().hyper(4_017_000).done(),
  [procedures.libVersion.number]: () => new XdrWriter().hyper(9_000_000).done(),
  [procedures.nodeInfo.number]: () => Buffer.alloc(32 * 4 + 8 + 6 * 4, 0),
  [procedures.listAllDomains.number]: allDomains,
  [domainState.number]: () => new XdrWriter().int(1).int(1).done(),
  [domainInfo.number]: () => new XdrWriter().int(1).hyper(2048).hyper(1024).int(2).hyper(cpuNs()).done(),
})

function allDomains(): Buffer {
  const to = new XdrWriter()
  to.list(domains, (domain) => procedures.writeDomain(to, domain))
  return to.uint(domains.length).done()
}

const began = performance.now()
/** Half of two vCPUs. */
const cpuNs = () => Math.round((performance.now() - began) * 1e6)

/** Counts what is asked for, and how much at once. */
interface Asked {
  counts: Map<number, number>
  atOnce: number
  opened: string | null
}

async function daemon(path: string, answers: Answers): Promise<{ server: Server; asked: Asked }> {
  const asked: Asked = { counts: new Map(), atOnce: 0, opened: null }
  let open = 0
  const take = (socket: Socket, { header, body }: Frame) => {
    if (header.program !== programs.remote || header.type !== 0) return
    asked.counts.set(header.procedure, (asked.counts.get(header.procedure) ?? 0) + 1)
    asked.atOnce = Math.max(asked.atOnce, ++open)
    if (header.procedure === procedures.connectOpen.number) asked.opened = new XdrReader(body.subarray(4)).string()
    setImmediate(() => {
      open--
      const answer = answers[header.procedure]?.(new XdrReader(body)) ?? null
      if (answer) return socket.write(encodeFrame({ ...header, type: 1, status: 0 }, answer))
      const error = new XdrWriter()
      procedures.writeError(error, 3, 'this function is not supported by the connection driver')
      return socket.write(encodeFrame({ ...header, type: 1, status: 1 }, error.done()))
    })
  }
  const server = createServer((socket) => {
    const splitter = new FrameSplitter()
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) take(socket, frame)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return { server, asked }
}

describe('hypervisors whose drivers offer little', function () {
  this.timeout(20_000)
  const directory = temporaryDirectory()

  async function read(name: string, uri: (socket: string) => string, answers: Answers) {
    const path = join(directory(), `${name}.sock`)
    const { server, asked } = await daemon(path, answers)
    const seen = captured()
    const stop = new AbortController()
    const config = { uri: uri(path), host: name, interval: 700, timeout: 3000, chunk: 25 }
    const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
    const busy = await seen.await(() => {
      const last = seen.samples.findLast(({ tags }) => tags.instance === domains.at(-1)?.uuid)
      return last && 'host_cpu_percent' in last.fields ? last : undefined
    })
    const report = await seen.await(() => (seen.component()?.state === 'ok' ? seen.component() : undefined))
    stop.abort()
    await running
    server.close()
    return { busy, report, asked, seen }
  }

  it('Xen is read domain by domain, few calls at once, after bulk statistics were refused once', async () => {
    const xen: Answers = {
      ...common('Xen'),
      [procedures.registerEvent.number]: () => word(1),
      [memoryStats.number]: () => new XdrWriter().uint(1).int(7).hyper(900).done(),
    }
    const { busy, report, asked, seen } = await read('xen', (socket) => `xen+unix:///system?socket=${socket}`, xen)
    assert.equal(asked.opened, 'xen:///system')
    assert.deepEqual([busy.fields.state, busy.fields.vcpus, busy.fields.memory_rss_bytes], [1, 2, 900 * 1024])
    const cpu = busy.fields.host_cpu_percent ?? 0
    assert.ok(cpu > 80 && cpu < 120, `${cpu} %`)
    assert.equal(report?.detail, '120 of 120 domains run')
    assert.equal(asked.counts.get(procedures.allDomainStats.number), 1)
    assert.ok(asked.atOnce <= 3, `${asked.atOnce} calls at once`)
    assert.ok(
      seen.samples.every(
        ({ fields }) => !('qemu_silent_seconds' in fields) && Object.values(fields).every((value) => value >= 0),
      ),
    )
    const host = seen.samples.find(({ measurement }) => measurement === 'hypervisor')
    assert.equal(host?.fields.instances_running, 120)
    assert.ok(!('cpu_percent' in (host?.fields ?? {})), 'what the driver does not tell is left out')
  })

  it('ESX is asked for over the libvirtd of this machine, and does without events', async () => {
    const { asked, report } = await read(
      'esx',
      (socket) => `esx://root@esx-01.example.org/?no_verify=1&socket=${socket}`,
      common('ESX'),
    )
    assert.equal(asked.opened, 'esx://root@esx-01.example.org/?no_verify=1')
    assert.equal(asked.counts.get(procedures.registerEvent.number), 1)
    assert.equal(report?.detail, '120 of 120 domains run')
  })
})
