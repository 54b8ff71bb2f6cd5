import { contentWidth, ink, type Paper, page } from './paper.ts'

const height = 92
const scaleWidth = 58

/** A bar a day, with a scale of round numbers and the first and last day below. */
export function drawBars(
  paper: Paper,
  bars: readonly { label: string; value: number }[],
  shown: { value: (value: number) => string },
): void {
  const most = Math.max(...bars.map(({ value }) => value))
  if (most <= 0 || !Number.isFinite(most)) return
  paper.need(height + 30)
  const { doc } = paper
  const ceiling = niceCeiling(most)
  const [left, width, top] = [page.left + scaleWidth, contentWidth - scaleWidth, paper.y + 4]
  for (const part of [0, 0.5, 1]) {
    const y = top + height * (1 - part)
    paper.text(shown.value(ceiling * part), page.left, y - 5.5, {
      size: 7.5,
      color: ink.muted,
      align: 'right',
      width: scaleWidth - 8,
    })
    doc
      .moveTo(left, y)
      .lineTo(left + width, y)
      .lineWidth(part === 0 ? 0.8 : 0.4)
      .strokeColor(part === 0 ? ink.muted : ink.line)
      .stroke()
  }
  const slot = width / bars.length
  const thick = Math.min(16, slot * 0.68)
  const every = Math.ceil(bars.length / 8)
  for (const [index, { label, value }] of bars.entries()) {
    const tall = (height * Math.max(0, value)) / ceiling
    const x = left + slot * index + (slot - thick) / 2
    if (tall > 0) doc.rect(x, top + height - tall, thick, tall).fill(ink.series)
    if (index % every === 0) {
      const wide = paper.widthOf(label, { size: 7.5 })
      paper.text(label, Math.min(x + thick / 2 - wide / 2, left + width - wide), top + height + 4, {
        size: 7.5,
        color: ink.muted,
      })
    }
  }
  paper.y = top + height + 22
}

/** The next round number: one or two digits, then zeros. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value - 1e-9) ?? 10) * power
}
