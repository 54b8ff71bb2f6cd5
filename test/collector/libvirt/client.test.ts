import assert from 'node:assert/strict'
import { join } from 'node:path'
import { steppedClock } from '../../../collector/demo/history.ts'
import { CallTimeout, LibvirtClient } from '../../../collector/libvirt/client.ts'
import type { DomainEvent } from '../../../collector/libvirt/domain-events.ts'
import { writeLifecycleEvent } from '../../../collector/libvirt/domain-events.ts'
import { encodeFrame, programs } from '../../../collector/libvirt/frame.ts'
import { connectType, domainXml, hostname, LibvirtError, writeError } from '../../../collector/libvirt/procedures.ts'
import { XdrWriter } from '../../../collector/libvirt/xdr.ts'
import { systemClock } from '../../../model/clock.ts'
import { type LibvirtPeer, libvirtPeer } from '../../support/libvirt-peer.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { settled } from '../../support/virtual-clock.ts'

describe('the connection to a libvirt daemon', () => {
  const directory = temporaryDirectory()
  const clock = steppedClock(0)
  let peer: LibvirtPeer
  let client: LibvirtClient
  let sockets = 0

  beforeEach(async () => {
    peer = await libvirtPeer(join(directory(), `${sockets++}.sock`))
    client = await LibvirtClient.open({ uri: peer.uri }, { clock, timeoutMs: 1000 })
  })
  afterEach(async () => {
    client.close()
    await peer.close()
  })

  const text = (value: string) => new XdrWriter().string(value).done()
  const domain = { name: 'a', uuid: '00000000-0000-4000-8000-000000000001', id: 1 }
  const event = () => {
    const body = new XdrWriter()
    const { procedure } = writeLifecycleEvent(body, 0, { kind: 'suspended', reason: 'paused', domain })
    return encodeFrame({ program: programs.remote, version: 1, procedure, type: 2, serial: 0, status: 0 }, body.done())
  }
  const lost = () => new Promise<Error>((resolve) => client.onClose(resolve))

  it('matches answers that come out of order', async () => {
    const type = client.call(connectType, undefined)
    const host = client.call(hostname, undefined)
    const [first, second] = [await peer.call(3), await peer.call(59)]
    peer.reply(second, text('hv-01'))
    peer.reply(first, text('QEMU'))
    assert.deepEqual(await Promise.all([type, host]), ['QEMU', 'hv-01'])
  })

  it('gives a call up after its time, goes on, and drops the late answer', async () => {
    const slow = client.call(domainXml, domain)
    const call = await peer.call(14)
    clock.set(clock.now() + 1001)
    await assert.rejects(slow, CallTimeout)
    assert.equal(client.orphans, 1)
    peer.reply(call, text('too late'))
    const host = client.call(hostname, undefined)
    peer.reply(await peer.call(59), text('hv-01'))
    assert.equal(await host, 'hv-01')
    assert.equal(client.orphans, 0)
  })

  it('tells a refusal in libvirt’s words', async () => {
    const refused = client.call(domainXml, domain)
    const { header } = await peer.call(14)
    const body = new XdrWriter()
    writeError(body, 42, 'Domain not found')
    peer.send(encodeFrame({ ...header, type: 1, status: 1 }, body.done()))
    await assert.rejects(refused, (error: LibvirtError) => {
      assert.deepEqual([error.code, error.libvirtCode], ['not-found', 42])
      assert.match(error.message, /DOMAIN_GET_XML_DESC: Domain not found \(code 42\)/)
      return error instanceof LibvirtError
    })
  })

  it('answers the daemon’s question whether it is alive', async () => {
    const ping = { program: programs.keepalive, version: 1, procedure: 1, type: 2, serial: 0, status: 0 }
    peer.send(encodeFrame(ping, Buffer.alloc(0)))
    const host = client.call(hostname, undefined)
    peer.reply(await peer.call(59), text('hv-01'))
    await host
    assert.equal(peer.pongs(), 1)
  })

  it('asks a daemon that has long been silent whether it is there, and is content with the answer', async () => {
    for (let n = 0; n < 12; n++) {
      clock.set(clock.now() + 5000)
      await settled()
    }
    assert.ok(peer.pings() >= 5, `${peer.pings()} pings in a minute of silence`)
    assert.equal(client.closed, false)
  })

  it('gives up a daemon that has sent nothing for twenty seconds', async () => {
    peer.alive = false
    const reason = lost()
    for (let n = 0; n < 5; n++) {
      clock.set(clock.now() + 5000)
      await settled()
    }
    assert.match((await reason).message, /has sent nothing for 20 s/)
  })

  it('blames the connection, not the call, when an answer stops in the middle', async () => {
    const reason = lost()
    const host = client.call(hostname, undefined)
    const { header } = await peer.call(59)
    const arrived = new Promise((resolve) => client.onEvent(resolve))
    peer.send(Buffer.concat([event(), encodeFrame({ ...header, type: 1, status: 0 }, text('hv-01')).subarray(0, 30)]))
    await arrived
    clock.set(clock.now() + 1001)
    await assert.rejects(
      host,
      (error: Error) => !(error instanceof CallTimeout) && /stopped in the middle of a message/.test(error.message),
    )
    assert.match((await reason).message, /in the middle/)
  })

  it('cuts off a daemon that sends events without end', async () => {
    const reason = lost()
    let heard = 0
    client.onEvent(() => heard++)
    for (let n = 0; n < 30; n++) peer.send(Buffer.concat(Array.from({ length: 1000 }, event)))
    assert.match((await reason).message, /events without end/)
    assert.equal(heard, 20_000)
  })

  it('passes events on, leaves out unknown and damaged ones, and stays connected', async () => {
    const events: DomainEvent[] = []
    client.onEvent((event) => events.push(event))
    const event = (procedure: number, body: Buffer) =>
      peer.send(encodeFrame({ program: programs.remote, version: 1, procedure, type: 2, serial: 0, status: 0 }, body))
    const body = new XdrWriter()
    const { procedure } = writeLifecycleEvent(body, 0, { kind: 'suspended', reason: 'paused', domain })
    event(99_999, Buffer.alloc(8))
    event(procedure, Buffer.from('00000000ffffffff', 'hex'))
    event(procedure, Buffer.concat([body.done(), Buffer.alloc(4)]))
    const host = client.call(hostname, undefined)
    peer.reply(await peer.call(59), text('hv-01'))
    await host
    assert.deepEqual(events, [{ kind: 'suspended', reason: 'paused', domain }])
    assert.equal(client.malformedEvents, 1)
  })

  it('ends every call when the connection breaks, and says why', async () => {
    const call = client.call(hostname, undefined)
    const reason = lost()
    await peer.call(59)
    await Promise.all([peer.close(), assert.rejects(call, /closed the connection/)])
    assert.match((await reason).message, /closed the connection/)
    await assert.rejects(client.call(hostname, undefined), /closed the connection/)
  })

  const breaks = (what: string, bytes: () => Buffer, message: RegExp) =>
    it(`gives up a daemon that sends ${what}`, async () => {
      const reason = lost()
      peer.send(bytes())
      assert.match((await reason).message, message)
    })
  const stray = { program: programs.remote, version: 1, procedure: 3, type: 1, serial: 4711, status: 0 }
  breaks('an answer to a call that was never made', () => encodeFrame(stray, Buffer.alloc(4)), /never made/)
  breaks('something else than messages', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /malformed message/)

  it('refuses an answer that is longer than its layout, and goes on', async () => {
    const call = client.call(hostname, undefined)
    peer.reply(await peer.call(59), Buffer.concat([text('hv-01'), Buffer.alloc(4)]))
    await assert.rejects(call, /4 bytes too many/)
    assert.equal(client.closed, false)
  })

  it('says which sockets it tried', async () => {
    const uri = `qemu+unix:///system?socket=${join(directory(), 'absent')}`
    await assert.rejects(LibvirtClient.open({ uri }, { clock: systemClock, timeoutMs: 1000 }), /absent: no such socket/)
  })
})
