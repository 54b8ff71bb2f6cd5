/** A4 sheets: fonts, colours, and text that stays where it is put, whatever a name holds. Lengths are points. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'

/** The colours of the pages in their light theme. */
export const ink = {
  text: '#17202c',
  muted: '#4a586b',
  line: '#d5dce5',
  surface: '#f3f6f9',
  accent: '#0066cc',
  onAccent: '#ffffff',
  onAccentSoft: '#d6e8fb',
  series: '#0066cc',
} as const

export const page = { width: 595.28, height: 841.89, left: 48, right: 48, top: 64, bottom: 60 } as const
export const contentWidth = page.width - page.left - page.right

const require = createRequire(import.meta.url)
const fontFile = (name: string, subset: string, weight: number) =>
  readFileSync(require.resolve(`@fontsource/${name}/files/${name}-${subset}-${weight}-normal.woff`))

type Face = 'regular' | 'bold' | 'mono'
const faces: Record<Face, [name: string, weight: number]> = {
  regular: ['titillium-web', 400],
  bold: ['titillium-web', 600],
  mono: ['roboto-mono', 400],
}

export interface TextStyle {
  face?: Face
  size?: number
  color?: string
  align?: 'left' | 'right'
  /** Longer texts end in an ellipsis. */
  width?: number
}

interface Glyphs {
  hasGlyphForCodePoint(code: number): boolean
}

export interface Paper {
  readonly doc: PDFKit.PDFDocument
  /** One line of text, its top at y. */
  text(text: string, x: number, y: number, style?: TextStyle): void
  widthOf(text: string, style?: TextStyle): number
  /** Text over several lines, at most `width` wide; returns the y below it. */
  paragraph(text: string, x: number, y: number, width: number, style?: TextStyle): number
  /** How far down the current page is written. */
  y: number
  /** Begins a new page unless so much room is left; true when it did. */
  need(height: number): boolean
  line(y: number, x?: number, width?: number): void
}

/** `header` is drawn on each page after the first. */
export function openPaper(info: { title: string; language: string; author: string }, header: (paper: Paper) => void): Paper {
  const doc = new PDFDocument({
    ...{ size: 'A4', bufferPages: true, autoFirstPage: true, lang: info.language, displayTitle: true, compress: true },
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    info: { Title: info.title, Author: info.author, Creator: 'Specola' },
  })
  const covers = new Map<string, Glyphs>()
  for (const [face, [name, weight]] of Object.entries(faces))
    for (const subset of ['latin', 'latin-ext']) {
      const id = `${face} ${subset}`
      doc.registerFont(id, fontFile(name, subset, weight))
      covers.set(id, (doc.font(id) as unknown as { _font: { font: Glyphs } })._font.font)
    }
  const fontFor = (face: Face, code: number) =>
    ['latin', 'latin-ext'].map((subset) => `${face} ${subset}`).find((id) => covers.get(id)?.hasGlyphForCodePoint(code))

  /** Pieces that one font can write; what no font has is a question mark, never an empty box or a crash. */
  function runs(text: string, face: Face): { font: string; text: string }[] {
    const pieces: { font: string; text: string }[] = []
    for (const character of text.replace(/[\u202f\u2009]/g, '\u00a0').replace(/\p{Cc}|\p{Cf}|\p{M}/gu, '')) {
      const font = fontFor(face, character.codePointAt(0) as number)
      const [id, shown] = font ? [font, character] : [`${face} latin`, '?']
      const last = pieces.at(-1)
      if (last?.font === id) last.text += shown
      else pieces.push({ font: id, text: shown })
    }
    return pieces
  }

  const plain = { lineBreak: false, features: [] as never } as const
  function widthOf(text: string, { face = 'regular', size = 9.5 }: TextStyle = {}): number {
    return runs(text.normalize('NFC'), face).reduce(
      (sum, run) => sum + doc.font(run.font).fontSize(size).widthOfString(run.text),
      0,
    )
  }
  function fitted(text: string, style: TextStyle): string {
    if (style.width === undefined || widthOf(text, style) <= style.width) return text
    const characters = [...text]
    let [low, high] = [0, characters.length]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (widthOf(`${characters.slice(0, middle).join('')}…`, style) <= style.width) low = middle
      else high = middle - 1
    }
    return `${characters.slice(0, low).join('').trimEnd()}…`
  }

  const paper: Paper = {
    doc,
    y: page.top,
    widthOf,
    text(text, x, y, style = {}) {
      const { face = 'regular', size = 9.5, color = ink.text, align = 'left' } = style
      const shown = fitted(text.normalize('NFC').slice(0, 1000), style)
      let at = align === 'right' ? x + (style.width ?? 0) - widthOf(shown, style) : x
      for (const run of runs(shown, face)) {
        doc.font(run.font).fontSize(size).fillColor(color)
        doc.text(run.text, at, y, plain)
        at += doc.widthOfString(run.text)
      }
    },
    paragraph(text, x, y, width, style = {}) {
      const size = style.size ?? 9.5
      let line = ''
      let at = y
      const put = () => {
        if (at + size * 1.45 > page.height - page.bottom) {
          paper.need(page.height)
          at = paper.y
        }
        paper.text(line, x, at, style)
        at += size * 1.45
      }
      for (const word of text.split(/\s+/)) {
        const longer = line === '' ? word : `${line} ${word}`
        if (line !== '' && widthOf(longer, style) > width) {
          put()
          line = word
        } else line = longer
      }
      if (line !== '') put()
      return at
    },
    need(height) {
      if (paper.y + height <= page.height - page.bottom) return false
      doc.addPage()
      paper.y = page.top
      header(paper)
      return true
    },
    line(y, x = page.left, width = contentWidth) {
      doc
        .moveTo(x, y)
        .lineTo(x + width, y)
        .lineWidth(0.6)
        .strokeColor(ink.line)
        .stroke()
    },
  }
  return paper
}
