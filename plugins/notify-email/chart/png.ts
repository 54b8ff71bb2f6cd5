/** PNG (ISO 15948), as much of it as a chart needs: 8 bits of red, green and blue, no transparency. */
import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import type { Picture } from './picture.ts'

const pack = promisify(deflate) as (data: Uint8Array, options: { level: number }) => Promise<Buffer>
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Compressed off the main thread. */
export async function encodePng({ width, height, pixels }: Picture): Promise<Buffer> {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // bits a channel, colour type RGB; the rest is 0: deflate, filters by line, not interlaced
  const lines = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0; y < height; y++) {
    const from = y * width * 3
    lines.set(pixels.subarray(from, from + width * 3), y * (1 + width * 3) + 1) // a line's first byte: filter 0, none
  }
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', await pack(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
