/** Drawing on pixels: areas, smooth lines, small words. Pure but for the pixels of the picture itself. */
import { glyphHeight, glyphs, glyphWidth } from './glyphs.ts'

export type Colour = readonly [red: number, green: number, blue: number]
export type Point = readonly [x: number, y: number]

export interface Picture {
  width: number
  height: number
  /** Red, green, blue, line by line. */
  pixels: Uint8Array
}

export function blank(width: number, height: number, colour: Colour): Picture {
  const pixels = new Uint8Array(width * height * 3)
  for (let at = 0; at < pixels.length; at += 3) pixels.set(colour, at)
  return { width, height, pixels }
}

/** Covers a share of a pixel, 0 … 1. */
export function blend({ width, height, pixels }: Picture, x: number, y: number, colour: Colour, share: number): void {
  if (x < 0 || y < 0 || x >= width || y >= height || share <= 0) return
  const at = (y * width + x) * 3
  for (let channel = 0; channel < 3; channel++) {
    const old = pixels[at + channel] as number
    pixels[at + channel] = Math.round(old + ((colour[channel] as number) - old) * Math.min(1, share))
  }
}

export function fill(picture: Picture, from: Point, to: Point, colour: Colour, share = 1): void {
  for (let y = from[1]; y < to[1]; y++) for (let x = from[0]; x < to[0]; x++) blend(picture, x, y, colour, share)
}

/** A smooth line through the points; where it overlaps itself it is no darker. */
export function strokeLine(picture: Picture, points: readonly Point[], thickness: number, colour: Colour): void {
  const covered = new Float32Array(picture.width * picture.height)
  const half = thickness / 2
  const mark = (x: number, y: number, share: number) => {
    const at = y * picture.width + x
    if (share > (covered[at] as number)) covered[at] = share
  }
  const segments = points.length === 1 ? [[points[0], points[0]]] : points.slice(1).map((to, n) => [points[n], to])
  for (const [from, to] of segments as [Point, Point][]) {
    const [left, right] = [Math.min(from[0], to[0]) - half - 1, Math.max(from[0], to[0]) + half + 1]
    const [top, bottom] = [Math.min(from[1], to[1]) - half - 1, Math.max(from[1], to[1]) + half + 1]
    for (let y = Math.max(0, Math.floor(top)); y <= Math.min(picture.height - 1, bottom); y++)
      for (let x = Math.max(0, Math.floor(left)); x <= Math.min(picture.width - 1, right); x++)
        mark(x, y, half + 0.5 - distance([x + 0.5, y + 0.5], from, to))
  }
  const { width } = picture
  for (let at = 0; at < covered.length; at++) {
    const share = covered[at] as number
    if (share > 0) blend(picture, at % width, Math.floor(at / width), colour, share)
  }
}

function distance([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - along * dx, y - ay - along * dy)
}

/** A word of digits and units; what has no glyph is left out. `right`: where it ends. */
export function write(picture: Picture, text: string, right: number, top: number, scale: number, colour: Colour): void {
  const letters = [...text].filter((letter) => glyphs[letter])
  let left = right - letters.length * (glyphWidth + 1) * scale + scale
  for (const letter of letters) {
    for (const [row, line] of (glyphs[letter] as readonly string[]).entries())
      for (let column = 0; column < glyphWidth; column++)
        if (line[column] === '#') {
          const corner: Point = [left + column * scale, top + row * scale]
          fill(picture, corner, [corner[0] + scale, corner[1] + scale], colour)
        }
    left += (glyphWidth + 1) * scale
  }
}

export const textHeight = (scale: number) => glyphHeight * scale
