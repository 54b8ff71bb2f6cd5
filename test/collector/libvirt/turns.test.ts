import assert from 'node:assert/strict'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { type Lane, type Turns, turns } from '../../../collector/libvirt/turns.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import type { Intake } from '../../../model/contract.ts'
import { demoDomains } from '../../support/demo-domains.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { settled } from '../../support/virtual-clock.ts'

describe('turns', () => {
  const stop = new AbortController()
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const begin = (of: Turns, lane: Lane, name: string, signal = stop.signal) =>
    of.take(lane, signal, async () => {
      begun.push(name)
      await new Promise<void>((end) => ends.set(name, end))
      return name
    })
  const end = async (name: string) => {
    ends.get(name)?.()
    await settled()
  }
  beforeEach(() => {
    begun.length = 0
  })

  it('are as many as there are, and the longest waiting is next', async () => {
    const two = turns(2)
    const all = ['a', 'b', 'c', 'd'].map((name) => begin(two, 'usual', name))
    await settled()
    assert.deepEqual(begun, ['a', 'b'])
    await end('b')
    assert.deepEqual(begun, ['a', 'b', 'c'])
    for (const name of ['a', 'c', 'd']) await end(name)
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c', 'd'])
  })

  it('are given to suspects one of four, and those behind them need not wait', async () => {
    const four = turns(4)
    const all = ['s1', 's2'].map((name) => begin(four, 'suspect', name))
    all.push(...['a', 'b', 'c', 'd'].map((name) => begin(four, 'usual', name)))
    await settled()
    assert.deepEqual(begun, ['s1', 'a', 'b', 'c'])
    await end('a')
    assert.deepEqual(begun.at(-1), 'd', 'not s2: s1 has the only turn of suspects')
    await end('s1')
    assert.deepEqual(begun.at(-1), 's2')
    for (const name of ['b', 'c', 'd', 's2']) await end(name)
    await Promise.all(all)
  })

  it('come back from work that fails, and from those that give up waiting', async () => {
    const one = turns(1)
    await assert.rejects(
      one.take('usual', stop.signal, () => Promise.reject(new Error('no'))),
      /no/,
    )
    const first = begin(one, 'suspect', 'first')
    const over = new AbortController()
    const second = begin(one, 'usual', 'second', over.signal)
    const third = begin(one, 'usual', 'third')
    over.abort(new Error('enough'))
    await assert.rejects(second, /enough/)
    await assert.rejects(begin(one, 'usual', 'late', over.signal), /enough/)
    await end('first')
    await end('third')
    await Promise.all([first, third])
    assert.deepEqual(begun, ['first', 'third'])
  })
})

/** Between a client and a daemon: tells which daemons have been asked and have not answered, and answers a little late. */
function between(path: string, daemon: string | null, name: string, asked: Set<string>, noted: () => void): Promise<Server> {
  const server = createServer((client: Socket) => {
    const over = () => asked.delete(name)
    client.on('error', () => client.destroy()).on('close', over)
    const there = daemon === null ? null : createConnection({ path: daemon })
    there?.on('error', () => client.destroy())
    client.on('data', (chunk) => {
      const goodbye = chunk.readUInt32BE(12) === 2
      if (goodbye) asked.delete(name)
      else asked.add(name)
      noted()
      there?.write(chunk)
    })
    there?.on('data', (chunk) => {
      void clock.sleep(4).then(() => {
        asked.delete(name)
        client.write(chunk)
      })
    })
  })
  return new Promise((listening) => server.listen(path, () => listening(server)))
}

describe('a hundred hypervisors read from one process', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const hosts = 100
  const hanging = 12
  const atOnce = 8
  const servers: { close(): unknown }[] = []
  after(async () => {
    for (const server of servers) await server.close()
  })

  /** Until each of those that answer was read so many times; the most that were being asked at an instant. */
  async function read(of: Turns | undefined, tag: string, rounds: number) {
    const stop = new AbortController()
    const asked = new Set<string>()
    let most = 0
    const noted = () => {
      most = Math.max(most, asked.size)
    }
    const polls = new Map<string, number>()
    let finished: () => void = () => undefined
    const enough = new Promise<void>((resolve) => {
      finished = resolve
    })
    const intake: Intake = {
      async samples(batch) {
        for (const { measurement, tags } of batch)
          if (measurement === 'hypervisor') polls.set(tags.host ?? '', (polls.get(tags.host ?? '') ?? 0) + 1)
        if (polls.size === hosts && Math.min(...polls.values()) >= rounds) finished()
      },
      events: async (batch) => ({ events: batch.length, duplicates: 0, ignored: 0 }),
      ...{ park: async () => undefined, instances: async () => undefined, hypervisor: async () => undefined },
      machines: async () => undefined,
    }
    const health = { report: () => undefined, all: () => [], watch: () => () => undefined }
    const running: Promise<void>[] = []
    for (let n = 0; n < hosts + hanging; n++) {
      const daemon = n < hosts ? join(directory(), `${n}.sock`) : null
      const path = join(directory(), `${tag}-${n}.sock`)
      servers.push(await between(path, daemon, `${n}`, asked, noted))
      const config = { uri: `qemu+unix:///system?socket=${path}`, host: `hv-${n}`, interval: 2000, timeout: 1000, chunk: 25 }
      const deps = { intake, health, clock, logger: silentLogger(), ...(of && { turns: of }) }
      running.push(libvirtCollector(config, deps).run(stop.signal))
    }
    await enough
    const found = most // goodbyes are said all at once
    stop.abort(new Error('enough'))
    await Promise.all(running)
    return found
  }

  before(async () => {
    const domains = demoDomains('idle', 'idle')
    for (let n = 0; n < hosts; n++)
      servers.push(await startDemoHypervisor({ socketPath: join(directory(), `${n}.sock`), host: `hv-${n}`, domains, clock }))
  })

  it('asks them all at once where nothing bounds it', async () => {
    const most = await read(undefined, 'free', 1)
    assert.ok(most > 4 * atOnce, `${most} at once`)
  })

  it('never asks more at once than it may, and a dozen that hang hold up nobody: each is read again and again', async () => {
    const most = await read(turns(atOnce), 'bound', 3)
    assert.ok(most <= atOnce && most >= atOnce / 2, `${most} at once`)
  })
})
