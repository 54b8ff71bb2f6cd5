import assert from 'node:assert/strict'
import { crc32, inflateSync } from 'node:zlib'
import { drawChart, ticksFor, tickText } from './chart.ts'
import { encodePng } from './png.ts'

/** A reader of its own: chunks by their lengths and checksums, lines by their filter. */
function readPng(png: Buffer): { width: number; height: number; at(x: number, y: number): number[] } {
  assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10])
  const chunks: [string, Buffer][] = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const body = png.subarray(at + 4, at + 8 + length)
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body))
    chunks.push([body.subarray(0, 4).toString('latin1'), body.subarray(4)])
    at += 12 + length
  }
  assert.deepEqual(
    chunks.map(([type]) => type),
    ['IHDR', 'IDAT', 'IEND'],
  )
  const [head, data] = chunks.map(([, body]) => body) as [Buffer, Buffer]
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const lines = inflateSync(data)
  assert.equal(lines.length, height * (1 + width * 3))
  return { width, height, at: (x, y) => [...lines.subarray(y * (1 + width * 3) + 1 + x * 3).subarray(0, 3)] }
}

describe('the picture in a mail', () => {
  const minutes = Array.from({ length: 180 }, (_, n) => n * 60_000)
  const draw = (values: (number | null)[], unit = '%') =>
    drawChart({ from: 0, to: 180 * 60_000, times: minutes, values, unit }, { warning: 80, critical: 95 }, 'UTC')

  it('is a PNG with the line where the values are, and none where there are none', async () => {
    const png = await encodePng(draw(minutes.map((_, n) => (n < 90 ? 50 : null))))
    assert.ok(png.length < 20_000, String(png.length))
    const { width, height, at } = readPng(png)
    assert.deepEqual([width, height], [1120, 320])
    const blue = (x: number) =>
      Array.from({ length: height }, (_, y) => at(x, y)).findIndex(([r = 0, g = 0, b = 0]) => b > 190 && r < 40 && g < 120)
    // 0 … 100 %: the middle lies half-way between the margins.
    assert.ok(Math.abs(blue(300) - 146) <= 4, String(blue(300)))
    assert.equal(blue(900), -1)
  })

  it('can be drawn of anything', async () => {
    for (const values of [[0], [-5, 5], [1e15, 2e15], [1e-9, 2e-9], [7, 7, 7], [Number.MAX_VALUE / 10]] as number[][])
      for (const unit of ['%', 'B', ''])
        readPng(
          await encodePng(
            draw(
              minutes.map((_, n) => values[n % values.length] as number),
              unit,
            ),
          ),
        )
  })

  const ticks = (values: number[], unit: string, want: number[]) =>
    it(`has ticks ${want.join(', ')} for ${values.join(' … ')} ${unit}`, () => assert.deepEqual(ticksFor(values, unit), want))
  ticks([12, 97], '%', [0, 25, 50, 75, 100])
  ticks([3, 4], '%', [0, 1, 2, 3, 4])
  ticks([5, 5], 's', [4, 6, 8])
  ticks([-3, 3], '', [-4, -2, 0, 2, 4])

  it('writes short numbers', () =>
    assert.deepEqual(
      [95, 0.5, 15e9, 20_000, 5000].map((one) => tickText(one, '')),
      ['95', '0.5', '15G', '20k', '5000'],
    ))
})
