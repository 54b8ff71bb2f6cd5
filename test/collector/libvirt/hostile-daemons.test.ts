import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { writeLifecycleEvent } from '../../../collector/libvirt/domain-events.ts'
import { encodeFrame, type Frame, FrameSplitter, programs } from '../../../collector/libvirt/frame.ts'
import { allDomainStats, writeDomain } from '../../../collector/libvirt/procedures.ts'
import { XdrWriter } from '../../../collector/libvirt/xdr.ts'
import { systemClock } from '../../../model/clock.ts'
import { type Captured, captured } from '../../support/captured.ts'
import { demoDomains } from '../../support/demo-domains.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const domain = { name: 'a', uuid: '00000000-0000-4000-8000-000000000001', id: 1 }
const lifecycleEvent = (() => {
  const body = new XdrWriter()
  const { procedure } = writeLifecycleEvent(body, 0, { kind: 'suspended', reason: 'paused', domain })
  return encodeFrame({ program: programs.remote, version: 1, procedure, type: 2, serial: 0, status: 0 }, body.done())
})()

/** One running domain without any statistics. */
const oneDomain = () => {
  const body = new XdrWriter().uint(1)
  writeDomain(body, domain)
  return body.uint(1).string('state.state').uint(1).int(1).done()
}

/** Opens like any daemon; what it does when it is asked for statistics is up to the test. */
async function daemon(path: string, asked: (socket: Socket, answer: Buffer) => void): Promise<Server> {
  const word = Buffer.from([0, 0, 0, 1])
  const answers: Record<number, Buffer> = {
    66: Buffer.alloc(4),
    60: word,
    1: Buffer.alloc(0),
    6: new XdrWriter().done().subarray(0, 0),
    3: new XdrWriter().string('QEMU').done(),
    4: Buffer.alloc(8),
    157: Buffer.alloc(8),
    316: word,
  }
  answers[6] = Buffer.alloc(32 * 4 + 8 + 6 * 4)
  const take = (socket: Socket, { header }: Frame) => {
    if (header.program !== programs.remote || header.type !== 0) return
    const answer = (body: Buffer) => encodeFrame({ ...header, type: 1, status: 0 }, body)
    if (header.procedure === allDomainStats.number) asked(socket, answer(oneDomain()))
    else socket.write(answer(answers[header.procedure] ?? Buffer.alloc(0)))
  }
  const server = createServer((socket) => {
    const splitter = new FrameSplitter()
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) take(socket, frame)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return server
}

describe('a collector of several hypervisors, some of which misbehave', () => {
  const directory = temporaryDirectory()

  it('reads the good one all the time, and says of each other what is wrong with it', async function () {
    this.timeout(30_000)
    const path = (name: string) => join(directory(), `${name}.sock`)
    const good = await startDemoHypervisor({
      ...{ socketPath: path('good'), host: 'good', domains: demoDomains('idle'), clock: systemClock },
    })
    const flood = Buffer.concat(Array.from({ length: 500 }, () => lifecycleEvent))
    const bad = {
      stalls: await daemon(path('stalls'), (socket, answer) => void socket.write(answer.subarray(0, answer.length - 5))),
      floods: await daemon(path('floods'), (socket) => {
        const pour = () => {
          if (!socket.destroyed && socket.write(flood)) setImmediate(pour)
        }
        socket.on('drain', pour)
        pour()
      }),
      closes: await daemon(path('closes'), (socket, answer) => void socket.end(answer.subarray(0, 30))),
      huge: await daemon(path('huge'), (socket) => void socket.write(Buffer.from('7fffffff20008086', 'hex'))),
      babbles: await daemon(path('babbles'), (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(9))),
    }
    const stop = new AbortController()
    const seen = new Map<string, Captured>()
    const running = ['good', ...Object.keys(bad)].map((host) => {
      const one = captured()
      seen.set(host, one)
      const config = { uri: `qemu+unix:///system?socket=${path(host)}`, host, interval: 250, timeout: 500, chunk: 5 }
      return libvirtCollector(config, { ...one, clock: systemClock }).run(stop.signal)
    })
    const down = (host: string, why: RegExp) =>
      seen.get(host)?.await(() => {
        const health = seen.get(host)?.component()
        return health?.state === 'down' && why.test(health.detail) ? true : undefined
      })
    await Promise.all([
      down('stalls', /stopped in the middle of a message/),
      down('floods', /events without end: cut off|no answer to/),
      down('closes', /closed the connection/),
      down('huge', /a message of 2147483647 bytes/),
      down('babbles', /malformed message/),
    ])
    const hosts = () => seen.get('good')?.samples.filter(({ measurement }) => measurement === 'hypervisor') ?? []
    const began = hosts().length
    await seen.get('good')?.await(() => (hosts().length >= began + 8 ? true : undefined))
    const times = hosts().map(({ time }) => time)
    const longest = Math.max(...times.map((time, i) => time - (times[i - 1] ?? time)))
    assert.ok(longest < 1000, `the good one was not read for ${longest} ms`)
    stop.abort()
    await Promise.all(running)
    await good.close()
    for (const server of Object.values(bad)) server.close()
  })
})
