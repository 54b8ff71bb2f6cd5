import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeFrame, FrameSplitter } from '../../../collector/libvirt/frame.ts'
import { XdrReader, XdrWriter } from '../../../collector/libvirt/xdr.ts'
import type { AppError } from '../../../model/contract.ts'

const isProtocol = (error: AppError) => error.code === 'protocol'

describe('XDR', () => {
  it('reads back every value that it wrote', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.uuid(),
        fc.option(fc.string()),
        (text, int, hyper, uuid, maybe) => {
          const clean = Buffer.from(text, 'utf8').toString('utf8')
          const written = new XdrWriter().string(clean).int(int).hyper(hyper).uuid(uuid)
          written.hyper(-hyper).optional(maybe, (value) => written.string(value))
          const from = new XdrReader(written.done())
          assert.deepEqual([from.string(), from.int(), from.uhyper(), from.uuid()], [clean, int, hyper, uuid])
          assert.equal(from.hyper(), hyper === 0 ? 0 : -hyper)
          assert.equal(
            from.optional(() => from.string()),
            maybe,
          )
          from.end()
        },
      ),
    )
  })

  it('reads "all ones" as unset, never as a number', () => {
    assert.equal(new XdrReader(Buffer.alloc(8, 0xff)).uhyper(), null)
  })

  const refuses = (what: string, hex: string, read: (from: XdrReader) => unknown) =>
    it(`refuses ${what}`, () => assert.throws(() => read(new XdrReader(Buffer.from(hex, 'hex'))), isProtocol))
  refuses('a string longer than the message', '0000000841424344', (from) => from.string())
  refuses('a string of 4 GiB', 'ffffffff41424344', (from) => from.string())
  refuses('a list that cannot fit, before making room for it', '7fffffff00000000', (from) => from.list(4, 2 ** 31, () => 0))
  refuses('a list longer than allowed', '000000020000000000000000', (from) => from.list(4, 1, () => from.int()))
  refuses('a yes/no that is neither', '00000002', (from) => from.bool())
  refuses('a number cut short', '0000', (from) => from.int())
  refuses('bytes that are left over', '00000000', (from) => from.end())
})

describe('message framing', () => {
  const frame = (body: Buffer, serial: number) =>
    encodeFrame({ program: 1, version: 1, procedure: 2, type: 1, serial, status: 0 }, body)

  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        (bodies, cuts) => {
          const stream = Buffer.concat(bodies.map((body, i) => frame(Buffer.from(body), i)))
          const splitter = new FrameSplitter()
          const found: Buffer[] = []
          for (let at = 0, i = 0; at < stream.length; i++) {
            const end = at + (cuts[i % cuts.length] as number)
            for (const { body } of splitter.push(stream.subarray(at, end))) found.push(Buffer.from(body))
            at = end
          }
          assert.deepEqual(
            found,
            bodies.map((body) => Buffer.from(body)),
          )
        },
      ),
    )
  })

  const refuses = (what: string, length: number) =>
    it(`gives up a stream that announces ${what}`, () => {
      const bytes = Buffer.alloc(64)
      bytes.writeUInt32BE(length, 0)
      assert.throws(() => new FrameSplitter().push(bytes), isProtocol)
    })
  refuses('a message shorter than its header', 27)
  refuses('a message of nothing', 0)
  refuses('a message of 64 MiB', 64 * 1024 * 1024)
})
