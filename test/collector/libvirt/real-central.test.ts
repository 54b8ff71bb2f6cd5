import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { turns } from '../../../collector/libvirt/turns.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import type { Intake } from '../../../model/contract.ts'
import { authority } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('several real libvirtd over TLS, read from one process with two turns', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/openssl', 'openssl')
  const directory = temporaryDirectory()
  const daemons: Libvirtd[] = []
  const ports: number[] = []
  const held: Socket[] = []
  let silent: Server
  let tls: { ca: string; cert: string; key: string }

  before(async () => {
    const ca = authority(directory(), 'ca')
    tls = { ca: ca.ca, ...ca.sign('specola') }
    const { cert, key } = ca.sign('localhost')
    for (let n = 0; n < 4; n++) {
      const port = await freePort()
      const home = join(directory(), `daemon-${n}`)
      mkdirSync(home)
      const files = { ca_file: ca.ca, cert_file: cert, key_file: key, tls_no_sanity_certificate: 1 }
      const listening = { listen_tls: 1, listen_addr: '127.0.0.1', tls_port: String(port), auth_tls: 'none' }
      daemons.push(await startLibvirtd(home, { network: 'shared', listen: true, settings: { ...files, ...listening } }))
      ports.push(port)
    }
    // takes connections, and never says a word
    silent = createServer((socket) => held.push(socket.on('error', () => socket.destroy())))
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
    ports.push((silent.address() as { port: number }).port)
  })
  after(async () => {
    for (const socket of held) socket.destroy()
    silent.close()
    for (const daemon of daemons) await daemon.stop()
  })

  it('are all read, again and again, while one more hangs in its handshake and is told of as that', async () => {
    const stop = new AbortController()
    const polls = new Map<string, number>()
    const words = new Map<string, string>()
    let finished: () => void = () => undefined
    const enough = new Promise<void>((resolve) => {
      finished = resolve
    })
    const look = () => {
      const well = [0, 1, 2, 3].every((n) => /^ok: 1 of 1 domains run/.test(words.get(`hv-${n}`) ?? ''))
      if (well && polls.size === 4 && Math.min(...polls.values()) >= 4 && held.length >= 2) finished()
    }
    const intake: Intake = {
      async samples(batch) {
        for (const { measurement, tags } of batch)
          if (measurement === 'hypervisor') polls.set(tags.host ?? '', (polls.get(tags.host ?? '') ?? 0) + 1)
        look()
      },
      events: async (batch) => ({ events: batch.length, duplicates: 0, ignored: 0 }),
      ...{ park: async () => undefined, instances: async () => undefined, hypervisor: async () => undefined },
      machines: async () => undefined,
    }
    const health = {
      report: ({ host = '', state, detail }: { host?: string; state: string; detail: string }) => {
        if (state !== 'stopped') words.set(host, `${state}: ${detail}`)
        look()
      },
      all: () => [],
      watch: () => () => undefined,
    }
    const two = turns(2)
    let [under, most] = [0, 0]
    const counted: typeof two = {
      take: (lane, signal, work) =>
        two.take(lane, signal, async () => {
          most = Math.max(most, ++under)
          return work().finally(() => under--)
        }),
    }
    const running = ports.map((port, n) => {
      const config = {
        uri: `test+tls://localhost:${port}/default`,
        tls,
        host: `hv-${n}`,
        interval: 1000,
        timeout: 3000,
        chunk: 25,
      }
      return libvirtCollector(config, { intake, health, clock, logger: silentLogger(), turns: counted }).run(stop.signal)
    })
    await enough
    stop.abort(new Error('enough'))
    await Promise.all(running)
    assert.equal(most, 2)
    assert.match(words.get('hv-4') ?? '', /^down: localhost:\d+: no answer within 3000 ms/)
  })
})
