import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { ask } from './ask.ts'
import { decodeAnswer, encodeQuery } from './packet.ts'
import { plugin } from './plugin.ts'

/** An answer as a server of that version sends it. */
function answer(version: number, code: number, text: string, spoil: (packet: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.from(`${text}\0`)
  const packet = version === 2 ? Buffer.alloc(1036) : Buffer.alloc(16 + bytes.length + (version === 3 ? 3 : 0))
  packet.writeInt16BE(version, 0)
  packet.writeInt16BE(2, 2)
  packet.writeInt16BE(code, 8)
  if (version !== 2) packet.writeUInt32BE(bytes.length, 12)
  bytes.copy(packet, version === 2 ? 10 : 16)
  packet.writeUInt32BE(crc32(packet), 4)
  spoil(packet)
  return packet
}

describe('plugin nrpe', () => {
  it('sends what check_nrpe 4.1 sends', () => {
    // Recorded: `check_nrpe -n -c fine`, with -3, and without; the text ends in zeros.
    const beginnings = { 3: '00030001d5fe3ed500000000000003f966696e65', 4: '000400019ecc7c6400000000000003fc66696e65' } as const
    for (const version of [3, 4] as const) {
      const packet = encodeQuery(version, 'fine')
      assert.equal(packet.length, 1036)
      assert.equal(packet.toString('hex', 0, 20), beginnings[version])
      assert.ok(packet.subarray(20).every((byte) => byte === 0))
    }
    assert.equal(encodeQuery(4, 'x'.repeat(5000)).length, 16 + 5001)
    assert.throws(() => encodeQuery(2, 'x'.repeat(1024)), /NRPE version 2 takes commands of 1023 bytes/)
  })

  for (const version of [2, 3, 4])
    it(`reads an answer of version ${version} that comes in pieces`, () => {
      const packet = answer(version, 1, 'WARNING: é | a=1')
      const needed = version === 3 ? packet.length - 3 : packet.length
      for (let n = 0; n < needed; n++) assert.equal(decodeAnswer(packet.subarray(0, n)).kind, 'more')
      assert.deepEqual(decodeAnswer(packet), { kind: 'answer', code: 1, text: 'WARNING: é | a=1' })
    })

  it('survives any bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.constantFrom(2, 3, 4), (bytes, version) => {
        const packet = Buffer.from(bytes)
        if (packet.length > 4) {
          packet.writeInt16BE(version, 0)
          packet.writeInt16BE(2, 2)
        }
        // Random bytes have no right checksum.
        assert.notEqual(decodeAnswer(packet).kind, 'answer')
      }),
    ))

  describe('with a hostile server', () => {
    let server: Server
    let act: (socket: Socket) => void = () => {}
    let port = 0
    const open = new Set<Socket>()
    before((done) => {
      server = createServer((socket) => {
        open.add(socket)
        socket.on('error', () => undefined)
        socket.once('data', () => act(socket))
      }).listen(0, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port
        done()
      })
    })
    after(() => {
      for (const socket of open) socket.destroy()
      server.close()
    })
    const signal = new AbortController().signal
    const says = (title: string, behaviour: (socket: Socket) => void, wanted: RegExp) =>
      it(title, async () => {
        act = behaviour
        const said = await ask({ host: '127.0.0.1', port, tls: 'none' }, 4, 'fine', 300, signal)
        assert.match(JSON.stringify(said), wanted)
      })
    says('takes a right answer', (socket) => socket.end(answer(4, 0, 'fine')), /"ok":true,"code":0,"text":"fine"/)
    says(
      'tells a wrong checksum',
      (socket) => socket.end(answer(4, 0, 'fine', (packet) => packet.writeUInt8(1, 5))),
      /invalid CRC32/,
    )
    says('tells a version that there is not', (socket) => socket.end(answer(7, 0, 'fine')), /Invalid packet version/)
    says(
      'tells a query where an answer is due',
      (socket) => socket.end(answer(4, 0, 'x', (p) => p.writeInt16BE(1, 2))),
      /Invalid packet type/,
    )
    says(
      'refuses to read gigabytes',
      (socket) => socket.write(answer(4, 0, 'x', (p) => p.writeUInt32BE(0xffffffff, 12))),
      /packet length/,
    )
    says('tells half an answer', (socket) => socket.end(answer(4, 0, 'fine').subarray(0, 12)), /only 12 bytes received/)
    says('tells that nothing came', (socket) => socket.end(), /"kind":"old".*only 0 bytes received/)
    says('waits no longer than asked', () => undefined, /"kind":"timeout"/)
    says(
      'does not wait for one that drips',
      (socket) => {
        const drip = setInterval(() => socket.write(Buffer.from([0])), 50)
        socket.once('close', () => clearInterval(drip))
      },
      /Invalid packet version|"kind":"timeout"/,
    )
    says('reads a result code that is none', (socket) => socket.end(answer(4, 77, 'odd')), /"code":77/)
  })

  const refuses = (config: unknown, message: RegExp) =>
    it(`refuses ${JSON.stringify(config)}`, () => assert.match(String(plugin.config.safeParse(config).error), message))
  refuses({ command: 'a!b' }, /one command; its arguments stand in/)
  refuses({ command: 'a', arguments: ['b!c'] }, /cannot tell a/)
  refuses({ command: 'a', tls: { ca: '/x', cert: '/y' } }, /cert and key go together/)
  refuses({ command: 'a', version: 5 }, /invalid_union|Invalid input/)
})
