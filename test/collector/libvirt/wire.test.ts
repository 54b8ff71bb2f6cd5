import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Duplex, duplexPair } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { steppedClock } from '../../../collector/demo/history.ts'
import { LibvirtClient } from '../../../collector/libvirt/client.ts'
import { readDomainEvent } from '../../../collector/libvirt/domain-events.ts'
import { decodeFrame, type Frame, FrameSplitter, messageTypes, programs, statuses } from '../../../collector/libvirt/frame.ts'
import * as procedures from '../../../collector/libvirt/procedures.ts'
import { bulkStats, domainStats } from '../../../collector/libvirt/stats.ts'
import { XdrReader, XdrWriter } from '../../../collector/libvirt/xdr.ts'
import { AppError } from '../../../model/contract.ts'
import { random } from '../../support/random.ts'

type AnyProcedure = procedures.Procedure<never, unknown>
const known = new Map<number, AnyProcedure>()
for (const value of Object.values(procedures))
  if (typeof value === 'object' && 'decode' in value) known.set(value.number, value as AnyProcedure)

interface Recorded {
  from: 'client' | 'daemon'
  bytes: Buffer
}

function recorded(name: string): Recorded[] {
  const file = join(import.meta.dirname, '..', '..', 'fixtures', 'libvirt', name)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')
  return lines.map((line) => {
    const { from, hex } = JSON.parse(line) as { from: Recorded['from']; hex: string }
    return { from, bytes: Buffer.from(hex, 'hex') }
  })
}

const qemu = recorded('wire-qemu-readonly-events.jsonl.gz')
const test = recorded('wire-test-default.jsonl.gz')

/** Everything that a client would read of a message from the daemon. */
function read({ header, body }: Frame): unknown {
  const from = new XdrReader(body)
  if (header.program !== programs.remote) return null
  if (header.type === messageTypes.event) return readDomainEvent(header.procedure, from)
  const procedure = known.get(header.procedure)
  if (!procedure) return null
  if (header.status === statuses.error) return procedures.readError(from, procedure.name)
  const value = procedure.decode(from)
  from.end()
  return value
}

const replies = (session: Recorded[], procedure: AnyProcedure) =>
  session
    .filter(({ from }) => from === 'daemon')
    .map(({ bytes }) => decodeFrame(bytes))
    .filter(({ header }) => header.procedure === procedure.number && header.type === messageTypes.reply)
    .map(read)

describe('recorded sessions with a real daemon', () => {
  it('are understood to the last byte', () => {
    for (const { from, bytes } of [...qemu, ...test]) if (from === 'daemon') read(decodeFrame(bytes))
  })

  it('tell who the hypervisor is', () => {
    assert.deepEqual(replies(qemu, procedures.connectType as AnyProcedure), ['QEMU'])
    assert.deepEqual(replies(qemu, procedures.connectVersion as AnyProcedure), [7_002_022])
    assert.deepEqual(replies(qemu, procedures.libVersion as AnyProcedure), [9_000_000])
    const [info] = replies(qemu, procedures.nodeInfo as AnyProcedure) as procedures.NodeInfo[]
    assert.deepEqual({ model: info?.model, cpus: info?.cpus }, { model: 'x86_64', cpus: 2 })
    const [, memory] = replies(qemu, procedures.nodeMemoryStats as AnyProcedure) as procedures.NodeStatsReply[]
    assert.deepEqual([...(memory?.stats.keys() ?? [])], ['total', 'free', 'buffers', 'cached'])
  })

  it('hold statistics of a guest with two disks and two vCPUs', () => {
    const all = replies(qemu, procedures.allDomainStats as AnyProcedure)[0] as procedures.DomainRecord[]
    const [stats] = all.map(domainStats)
    assert.equal(stats?.domain.name, 'instance-0000f001')
    assert.deepEqual(
      stats?.disks.map(({ device }) => device),
      ['vda', 'vdb'],
    )
    assert.equal(stats?.vcpus.length, 2)
    assert.ok((stats?.balloon.usableKib ?? 0) > 0)
    assert.ok(stats?.monitored)
  })

  it('hold events that came over the read-only socket', () => {
    const events = qemu.map(({ bytes }) => decodeFrame(bytes)).filter(({ header }) => header.procedure === 318)
    assert.deepEqual(
      events.map(read).map((event) => {
        const { kind, reason, domain } = event as { kind: string; reason: string; domain: procedures.DomainRef }
        return [kind, reason, domain.name]
      }),
      [
        ['suspended', 'paused', 'instance-0000f001'],
        ['resumed', 'unpaused', 'instance-0000f001'],
      ],
    )
  })

  it('hold an error for what the driver cannot do', () => {
    const [refused] = replies(test, procedures.nodeMemoryStats as AnyProcedure)
    assert.ok(refused instanceof procedures.LibvirtError)
    assert.equal(refused.libvirtCode, 3)
  })

  it('began with the very bytes that we would send', () => {
    const sent = (number: number) =>
      test
        .filter(({ from }) => from === 'client')
        .map(({ bytes }) => decodeFrame(bytes))
        .find(({ header }) => header.procedure === number)?.body
    const written = <A>(procedure: procedures.Procedure<A, unknown>, args: A) => {
      const to = new XdrWriter()
      procedure.encode(to, args)
      return to.done()
    }
    const [domain] = replies(test, procedures.listAllDomains as AnyProcedure)[0] as procedures.DomainRef[]
    const open = { uri: 'test:///default', readOnly: sent(1)?.at(-1) === 1 }
    assert.deepEqual(written(procedures.connectOpen, open), sent(1))
    assert.deepEqual(written(procedures.domainXml, domain as procedures.DomainRef), sent(14))
    assert.deepEqual(written(procedures.nodeCpuStats, 0), sent(227))
    assert.deepEqual(written(procedures.nodeMemoryStats, 0), sent(228))
    assert.deepEqual(written(procedures.registerEvent, 0), sent(316))
  })
})

describe('a daemon that sends nonsense', () => {
  const originals = [...qemu, ...test].filter(({ from }) => from === 'daemon').map(({ bytes }) => bytes)
  const next = random(20261122)
  const below = (limit: number) => Math.floor(next() * limit)
  const mutated = () => {
    const bytes = Buffer.from(originals[below(originals.length)] as Buffer)
    for (let n = 1 + below(4); n > 0; n--) mutate(bytes, below)
    return below(3) === 0 ? bytes.subarray(0, below(bytes.length + 1)) : bytes
  }

  it('is refused cleanly by the decoder in each of 10,000 mutated messages', () => {
    let refused = 0
    for (let i = 0; i < 10_000; i++) {
      try {
        for (const frame of new FrameSplitter().push(mutated())) {
          const value = read(frame)
          if (frame.header.procedure === procedures.allDomainStats.number && Array.isArray(value)) value.map(domainStats)
        }
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'protocol', String(error))
        refused++
      }
    }
    assert.ok(refused > 1000, `only ${refused} were refused`)
  })

  it('is understood the same way, or refused, whether statistics are read at once or by way of a list', () => {
    const replies = originals.filter((bytes) => {
      const { header } = decodeFrame(bytes)
      return header.procedure === bulkStats.number && header.type === messageTypes.reply && header.status === statuses.ok
    })
    assert.ok(replies.length > 0)
    const outcome = (body: Buffer, decode: (from: XdrReader) => unknown) => {
      const from = new XdrReader(body)
      try {
        const value = decode(from)
        from.end()
        return value
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'protocol', String(error))
        return 'refused'
      }
    }
    let understood = 0
    for (let i = 0; i < 3000; i++) {
      const body = Buffer.from((replies[i % replies.length] as Buffer).subarray(28))
      if (i >= replies.length) mutate(body, below)
      const atOnce = outcome(body, bulkStats.decode)
      assert.deepEqual(
        atOnce,
        outcome(body, (from) => procedures.allDomainStats.decode(from).map(domainStats)),
      )
      if (atOnce !== 'refused') understood++
    }
    assert.ok(understood > 500, `only ${understood} were understood`)
  })

  it('is survived by the client in each of 20,000: every call ends in an answer or a clear error', async () => {
    const clock = steppedClock(0)
    const ends = { answered: 0, refused: 0, closed: 0, silent: 0 }
    let slowest = 0
    let line: { client: LibvirtClient; daemon: Duplex; serial: number } | null = null
    const asked = originals.map((bytes) => bytes.readUInt32BE(12)).filter((number) => known.has(number))
    for (let i = 0; i < 20_000; i++) {
      if (line === null || line.client.closed) {
        const [ours, daemon] = duplexPair()
        daemon.resume()
        line = { client: new LibvirtClient(ours, { clock, timeoutMs: 1000 }), daemon, serial: 0 }
      }
      const { client, daemon } = line
      const number = asked[below(asked.length)] as number
      const procedure = (number === bulkStats.number ? bulkStats : known.get(number)) as AnyProcedure
      const call = client.call({ ...procedure, encode: () => undefined }, undefined as never)
      const outcome = call.then(
        () => 'answered' as const,
        (error: unknown) => {
          assert.ok(error instanceof AppError, String(error))
          return error.code === 'unreachable' ? ('closed' as const) : ('refused' as const)
        },
      )
      // most answers are to the call that was made: otherwise only the header would be tried
      const original = originals.filter(
        (bytes) => bytes.readUInt32BE(12) === number && bytes.readUInt32BE(16) === messageTypes.reply,
      )
      const bytes = below(8) === 0 || original.length === 0 ? mutated() : Buffer.from(original[below(original.length)] as Buffer)
      if (original.length > 0 && bytes.length >= 28) {
        const body = bytes.subarray(28)
        if (body.length > 4) for (let n = 1 + below(3); n > 0; n--) mutate(body, below)
        bytes.writeUInt32BE(++line.serial, 20)
      } else line.serial++
      const began = performance.now()
      daemon.write(bytes)
      await new Promise((resolve) => setImmediate(resolve))
      slowest = Math.max(slowest, performance.now() - began)
      const end = await Promise.race([outcome, new Promise<'silent'>((resolve) => setImmediate(resolve, 'silent'))])
      ends[end]++
      if (end === 'silent') client.close() // a length or serial that was hit: nothing can follow
      await outcome
    }
    assert.ok(ends.answered > 1000 && ends.refused > 1000, JSON.stringify(ends))
    assert.ok(slowest < 500, `a message took ${slowest} ms`)
  }).timeout(60_000)
})

/** A flipped byte, an extreme word, or a stretch copied elsewhere. */
function mutate(bytes: Buffer, below: (limit: number) => number): void {
  const at = below(bytes.length)
  const word = Math.min(at & ~3, bytes.length - 4)
  const extreme = [0xffffffff, 0x7fffffff, 0x80000000, 0, 1, bytes.length][below(6)] as number
  if (below(3) === 0) bytes[at] = below(256)
  else if (below(2) === 0) bytes.writeUInt32BE(extreme, word)
  else bytes.copy(bytes, below(bytes.length), at, Math.min(bytes.length, at + below(64)))
}
