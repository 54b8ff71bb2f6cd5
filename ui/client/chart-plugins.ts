/** Our own drawings over the lines: what is missing, what happened, where the cursor is, what is being chosen. */
import type { Chart, Plugin } from 'chart.js'
import type { Mark, SeriesData } from './chart-data.ts'

/** What a chart tells its group. */
export interface Hands {
  cursor(at: number | null, spoken: boolean): void
  zoom(from: number, to: number): void
}

/** What our drawings need to know of the chart that they are on. */
export interface Equipment {
  data(): SeriesData
  at(): number | null
  hands: Hands
  colour(token: string): string
}

const equipped = new WeakMap<Chart, Equipment>()

/** Gives a chart what the drawings over it need. */
export function equip(chart: Chart, equipment: Equipment): void {
  equipped.set(chart, equipment)
}

const equipment = (chart: Chart) => equipped.get(chart)
const nearPx = 6

/** The mark under the cursor, if any. */
export function markAt(chart: Chart, marks: readonly Mark[], at: number): Mark | undefined {
  const x = chart.scales.x
  if (!x) return undefined
  const px = x.getPixelForValue(at)
  return marks.find(({ t }) => Math.abs(x.getPixelForValue(t) - px) <= nearPx)
}

/** Hatches the stretches without any data: a gap is a fact, not a line at zero. */
export const gaps: Plugin<'line'> = {
  id: 'gaps',
  beforeDatasetsDraw(chart) {
    const own = equipment(chart)
    const { x } = chart.scales
    const lines = chart.data.datasets.filter(({ borderWidth }) => borderWidth !== 0)
    if (!own || !x || lines.length === 0) return
    const { t, step } = own.data()
    const missing = t.map((_time, index) => lines.every(({ data }) => Number.isNaN((data[index] as { y: number }).y)))
    if (missing.every(Boolean)) return
    const { ctx, chartArea } = chart
    ctx.save()
    ctx.fillStyle = hatch(ctx, own.colour('raised'))
    let start = -1
    for (let index = 0; index <= missing.length; index++) {
      if (missing[index] && start === -1) start = index
      else if (!missing[index] && start !== -1) {
        // A single missing step at the end is the one being filled now.
        if (!(index === missing.length && index - start < 3)) {
          const left = Math.max(chartArea.left, x.getPixelForValue(t[start] as number))
          const right = Math.min(chartArea.right, x.getPixelForValue((t[index - 1] as number) + step))
          ctx.fillRect(left, chartArea.top, right - left, chartArea.height)
        }
        start = -1
      }
    }
    ctx.restore()
  },
}

function hatch(ctx: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 8
  const pen = tile.getContext('2d')
  if (!pen) return colour
  pen.strokeStyle = colour
  pen.lineWidth = 1.5
  pen.beginPath()
  for (const offset of [-8, 0, 8]) {
    pen.moveTo(offset, 8)
    pen.lineTo(offset + 8, 0)
  }
  pen.stroke()
  return ctx.createPattern(tile, 'repeat') ?? colour
}

/** A dashed line and a small flag where something happened to the instance. */
export const marks: Plugin<'line'> = {
  id: 'marks',
  afterDatasetsDraw(chart) {
    const own = equipment(chart)
    const { x } = chart.scales
    if (!own || !x) return
    const { ctx, chartArea } = chart
    ctx.save()
    ctx.strokeStyle = ctx.fillStyle = own.colour('muted')
    ctx.lineWidth = 1
    for (const { t } of own.data().marks) {
      const at = Math.round(x.getPixelForValue(t)) + 0.5
      if (at < chartArea.left || at > chartArea.right) continue
      ctx.setLineDash([3, 3])
      ctx.beginPath()
      ctx.moveTo(at, chartArea.top)
      ctx.lineTo(at, chartArea.bottom)
      ctx.stroke()
      ctx.beginPath()
      ctx.moveTo(at - 4, chartArea.top - 8)
      ctx.lineTo(at + 4, chartArea.top - 8)
      ctx.lineTo(at, chartArea.top)
      ctx.fill()
    }
    ctx.restore()
  },
}

/** One cursor through all charts of the group. */
export const crosshair: Plugin<'line'> = {
  id: 'crosshair',
  afterDraw(chart) {
    const own = equipment(chart)
    const { x } = chart.scales
    const at = own?.at() ?? null
    if (!own || !x || at === null) return
    const { ctx, chartArea } = chart
    const px = x.getPixelForValue(at)
    if (px < chartArea.left || px > chartArea.right) return
    ctx.save()
    ctx.strokeStyle = own.colour('text')
    ctx.beginPath()
    ctx.moveTo(px, chartArea.top)
    ctx.lineTo(px, chartArea.bottom)
    ctx.stroke()
    ctx.restore()
  },
}

/** Pointer and keys: move reads, drag zooms, shift-drag pans, double click goes back, a click on a flag opens the event. */
export const brush: Plugin<'line'> = {
  id: 'brush',
  afterInit(chart) {
    const { canvas } = chart
    let start: number | null = null
    let cover: HTMLElement | null = null
    const timeAt = (event: PointerEvent | MouseEvent) => {
      const box = canvas.getBoundingClientRect()
      const inside = Math.min(chart.chartArea.right, Math.max(chart.chartArea.left, event.clientX - box.left))
      return Number(chart.scales.x?.getValueForPixel(inside) ?? 0)
    }
    canvas.addEventListener('pointermove', (event) => {
      const at = timeAt(event)
      equipment(chart)?.hands.cursor(at, false)
      if (start !== null && cover) stretch(chart, cover, start, at)
    })
    canvas.addEventListener('pointerleave', () => {
      if (start === null) equipment(chart)?.hands.cursor(null, false)
    })
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType === 'touch') return
      start = timeAt(event)
      cover = document.createElement('div')
      cover.className = 'plot-brush'
      canvas.parentElement?.append(cover)
      canvas.setPointerCapture(event.pointerId)
    })
    canvas.addEventListener('pointerup', (event) => {
      const from = start
      start = null
      cover?.remove()
      if (from !== null) release(chart, from, timeAt(event), event.shiftKey)
    })
    canvas.addEventListener('dblclick', () => history.back())
    canvas.addEventListener('keydown', (event) => step(chart, event))
    canvas.addEventListener('blur', () => equipment(chart)?.hands.cursor(null, false))
  },
}

function stretch(chart: Chart, cover: HTMLElement, from: number, to: number) {
  const [a, b] = [from, to].map((at) => chart.scales.x?.getPixelForValue(at) ?? 0) as [number, number]
  cover.style.left = `${Math.min(a, b)}px`
  cover.style.width = `${Math.abs(b - a)}px`
  cover.style.top = `${chart.chartArea.top}px`
  cover.style.height = `${chart.chartArea.height}px`
}

function release(chart: Chart, from: number, to: number, pan: boolean) {
  const own = equipment(chart)
  const { x } = chart.scales
  if (!own || !x) return
  const moved = Math.abs(x.getPixelForValue(to) - x.getPixelForValue(from))
  if (moved < nearPx) {
    const href = markAt(chart, own.data().marks, to)?.href
    if (href !== undefined) location.assign(href)
    return
  }
  const { from: start, to: end } = own.data()
  if (pan) own.hands.zoom(start + from - to, end + from - to)
  else own.hands.zoom(Math.min(from, to), Math.max(from, to))
}

function step(chart: Chart, event: KeyboardEvent) {
  const own = equipment(chart)
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key]
  if (!own || move === undefined) return
  event.preventDefault()
  const { from, to, step: width } = own.data()
  const now = own.at() ?? (move > 0 ? from : to)
  own.hands.cursor(Math.min(to - width, Math.max(from, now + move * width)), true)
}
