/** QEMUs that freeze at any moment of a poll, against a daemon that behaves as libvirtd was measured to (reference of ADR 0025). */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CallTimeout, type LibvirtClient } from '../../../collector/libvirt/client.ts'
import { newHypervisorMemory, remember } from '../../../collector/libvirt/hypervisor-memory.ts'
import { MonitorConnections } from '../../../collector/libvirt/monitor-connections.ts'
import { readMonitors } from '../../../collector/libvirt/monitor-reading.ts'
import type { DomainRef, StatsQuery } from '../../../collector/libvirt/procedures.ts'
import { finding } from '../../../collector/libvirt/quarantine.ts'
import type { Reading } from '../../../collector/libvirt/rates.ts'
import { domainStats } from '../../../collector/libvirt/stats.ts'
import { type Clock, systemClock } from '../../../model/clock.ts'
import { silentLogger } from '../../support/silent-logger.ts'

const intervalMs = 30_000

/** Domains whose monitors may freeze. A call that reaches a frozen one stays there, and holds its lock; one that finds a lock passes on. */
class FakeDaemon {
  readonly domains: DomainRef[]
  readonly memory
  readonly clock: Clock
  readonly frozen = new Set<string>()
  /** Held by calls of ours that hang, and by somebody else. */
  readonly held = new Set<string>()
  readonly heldElsewhere = new Set<string>()
  /** Called before each call. */
  onCall: (count: number) => void = () => undefined
  #calls = 0
  #at = 0
  #clients: { orphans: number }[] = []

  readonly #timeoutMs: number

  constructor(count: number, timeoutMs = 5000) {
    this.#timeoutMs = timeoutMs
    this.domains = Array.from({ length: count }, (_, n) => ({ name: `d${n}`, uuid: `uuid-${n}`, id: n + 1 }))
    this.clock = { ...systemClock, now: () => 1_800_000_000_000 + this.#at, monotonic: () => this.#at }
    const config = { uri: 'qemu:///system', interval: intervalMs, timeout: timeoutMs, chunk: 10 }
    const monitors = new MonitorConnections(async () => this.#client(), this.clock)
    this.memory = { ...newHypervisorMemory(config, this.clock), monitors }
    for (const domain of this.domains) remember(this.memory, domain, 1)
  }

  #client(): LibvirtClient {
    const client = {
      ...{ orphans: 0, abandoned: 0, closed: false, close: () => undefined },
      call: async (_procedure: unknown, { domains }: StatsQuery) => {
        this.onCall(++this.#calls)
        const told: unknown[] = []
        for (const domain of domains) {
          if (this.held.has(domain.uuid) || this.heldElsewhere.has(domain.uuid)) {
            told.push(domainStats({ domain, params: new Map([['state.state', 1]]) }))
            continue
          }
          if (this.frozen.has(domain.uuid)) {
            this.held.add(domain.uuid)
            client.orphans++
            this.#at += this.#timeoutMs
            throw new CallTimeout('GET_ALL_DOMAIN_STATS', this.#timeoutMs)
          }
          told.push(domainStats({ domain, params: new Map([['balloon.rss', 1]]) }))
        }
        return told
      },
    }
    this.#clients.push(client)
    return client as unknown as LibvirtClient
  }

  /** All QEMUs go on, and the calls that hung in them come back. */
  thaw(): void {
    this.frozen.clear()
    this.held.clear()
    for (const client of this.#clients) client.orphans = 0
  }

  get stuck(): number {
    return this.#clients.reduce((sum, { orphans }) => sum + orphans, 0)
  }

  /** The uuids that answered. */
  async poll(): Promise<Set<string>> {
    this.#at = Math.ceil((this.#at + 1) / intervalMs) * intervalMs
    const instant = { at: this.#at, time: this.clock.now() }
    const active = this.domains.map((domain): Reading => ({ stats: domainStats({ domain, params: new Map() }), ...instant }))
    const answered = new Set<string>()
    const asked = new Set<string>()
    const poll = {
      ...{ chunkSize: 10, intervalMs, deadline: this.#at + intervalMs },
      handOver: async (chunk: readonly { network: Reading; monitor: Reading | null }[]) => {
        for (const { network, monitor } of chunk) {
          assert.ok(!asked.has(network.stats.domain.uuid), 'handed over once a poll')
          asked.add(network.stats.domain.uuid)
          if (monitor) answered.add(network.stats.domain.uuid)
        }
      },
    }
    await readMonitors(this.memory, active, poll, { clock: this.clock, logger: silentLogger() })
    assert.equal(asked.size, this.domains.length, 'each has its sample of what the kernel tells')
    return answered
  }

  found(): Map<string, 'hangs' | 'locked'> {
    return new Map(
      this.domains.flatMap(({ uuid, id }) => {
        const kind = finding(this.memory.domains.get(uuid)?.silence ?? null, id)
        return kind === null ? [] : [[uuid, kind] as const]
      }),
    )
  }
}

const uuids = (numbers: Iterable<number>) => [...numbers].map((n) => `uuid-${n}`)

describe('QEMUs that freeze in the middle of a poll', () => {
  const scene = fc.record({
    frozen: fc.uniqueArray(fc.nat(29), { minLength: 1, maxLength: 7 }),
    /** Before which call of the first poll. */
    atCall: fc.integer({ min: 1, max: 6 }),
  })

  it('are told as not answering, never as locked by somebody else; the others answer again', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ frozen, atCall }) => {
        const daemon = new FakeDaemon(30)
        daemon.onCall = (count) => {
          if (count === atCall) for (const uuid of uuids(frozen)) daemon.frozen.add(uuid)
        }
        for (let poll = 0; poll < 5; poll++) {
          await daemon.poll()
          for (const [uuid, kind] of daemon.found()) {
            assert.equal(kind, 'hangs', `${uuid} in poll ${poll}`)
            assert.ok(daemon.frozen.has(uuid), `${uuid} is not frozen`)
          }
        }
        const frozenNow = [...daemon.frozen].sort()
        assert.deepEqual([...daemon.found().keys()].sort(), frozenNow)
        assert.equal((await daemon.poll()).size, 30 - frozenNow.length)
        daemon.thaw()
        await daemon.poll()
        await daemon.poll()
        assert.deepEqual(daemon.found(), new Map())
      }),
      { numRuns: 200 },
    )
  })

  it('are never more stuck calls than the daemon can spare, however many there are', async () => {
    const many = fc.record({ frozen: fc.uniqueArray(fc.nat(29), { minLength: 8 }), atCall: fc.integer({ min: 1, max: 6 }) })
    await fc.assert(
      fc.asyncProperty(many, async ({ frozen, atCall }) => {
        const daemon = new FakeDaemon(30)
        daemon.onCall = (count) => {
          if (count === atCall) for (const uuid of uuids(frozen)) daemon.frozen.add(uuid)
        }
        for (let poll = 0; poll < 8; poll++) {
          await daemon.poll()
          assert.ok(daemon.stuck <= 10, `${daemon.stuck} calls are stuck`)
          for (const [uuid, kind] of daemon.found()) assert.ok(kind === 'hangs' && daemon.frozen.has(uuid), `${uuid}: ${kind}`)
        }
        daemon.thaw()
        for (let poll = 0; poll < 3; poll++) await daemon.poll()
        assert.deepEqual(daemon.found(), new Map())
        assert.equal((await daemon.poll()).size, 30)
      }),
      { numRuns: 100 },
    )
  })

  it('of which one was not asked alone, as too many calls were stuck, is told as hanging when it is passed over next time', async () => {
    const daemon = new FakeDaemon(30, 1000)
    // A chunk of ten in which eight freeze: two calls for the chunk and five alone are stuck, the eighth is not asked any more;
    // at the next poll it is what a call for the whole chunk is stuck in.
    for (const uuid of uuids([0, 1, 2, 3, 4, 5, 6, 7])) daemon.frozen.add(uuid)
    await daemon.poll()
    const last = daemon.memory.domains.get('uuid-7')
    assert.equal(daemon.stuck, 7)
    assert.deepEqual([last?.suspect, last?.silence], [last?.ref.id, null])
    await daemon.poll()
    assert.equal(daemon.held.has('uuid-7'), true)
    await daemon.poll()
    assert.deepEqual(
      [...daemon.found()].sort(),
      uuids([0, 1, 2, 3, 4, 5, 6, 7]).map((uuid) => [uuid, 'hangs']),
    )
    daemon.thaw()
    await daemon.poll()
    assert.equal(last?.suspect, null)
  })

  it('are told apart from one that a backup locks', async () => {
    const daemon = new FakeDaemon(30)
    daemon.heldElsewhere.add('uuid-4')
    await daemon.poll()
    await daemon.poll()
    assert.deepEqual([...daemon.found()], [['uuid-4', 'locked']])
    daemon.frozen.add('uuid-5')
    await daemon.poll()
    assert.deepEqual(
      [...daemon.found()],
      [
        ['uuid-4', 'locked'],
        ['uuid-5', 'hangs'],
      ],
    )
  })
})
