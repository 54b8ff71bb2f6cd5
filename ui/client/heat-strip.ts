/** Reads the cells of the heat strips out: by pointer, or by arrow keys on a strip that has the focus. */
export function startHeatStrips(): void {
  const point = (event: PointerEvent) => {
    const strip = stripOf(event.target)
    if (strip) read(strip, Math.floor(place(strip, event.clientX) * countsOf(strip).length))
    else rest()
  }
  document.addEventListener('pointermove', point)
  document.addEventListener('pointerdown', point)
  document.addEventListener('keydown', (event) => {
    const strip = stripOf(event.target)
    if (!strip) return
    const last = countsOf(strip).length - 1
    const at = Number(strip.dataset.at ?? last)
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key]
    if (next === undefined) return
    event.preventDefault()
    read(strip, next)
  })
  document.addEventListener('focusin', (event) => {
    const strip = stripOf(event.target)
    if (strip) read(strip, Number(strip.dataset.at ?? countsOf(strip).length - 1))
  })
}

const stripOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<SVGSVGElement>('svg[data-counts]') : null
const countsOf = (strip: SVGSVGElement) => (strip.dataset.counts ?? '').split(',')

const place = (strip: SVGSVGElement, x: number) => {
  const box = strip.getBoundingClientRect()
  return Math.min(0.9999, Math.max(0, (x - box.left) / box.width))
}

let shown: SVGSVGElement | null = null

function read(strip: SVGSVGElement, wanted: number): void {
  const reading = document.getElementById('heat-reading')
  const counts = countsOf(strip)
  const at = Math.min(counts.length - 1, Math.max(0, wanted))
  if (!reading) return
  strip.dataset.at = String(at)
  mark(strip, at)
  const labels = (reading.dataset.labels ?? '').split('|')
  const gap = (strip.dataset.marks ?? '').split('|')[at] ?? ''
  const messages = (reading.dataset.messages ?? '#').replace('#', counts[at] ?? '0')
  reading.textContent = [strip.dataset.host, labels[at], messages, gap].filter(Boolean).join(' · ')
}

function rest(): void {
  if (!shown || document.activeElement === shown) return
  shown.querySelector('.heat-cursor')?.remove()
  shown = null
  const reading = document.getElementById('heat-reading')
  if (reading) reading.textContent = reading.dataset.hint ?? ''
}

function mark(strip: SVGSVGElement, at: number): void {
  if (shown !== strip) shown?.querySelector('.heat-cursor')?.remove()
  shown = strip
  let cursor = strip.querySelector('.heat-cursor')
  if (!cursor) {
    cursor = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
    cursor.setAttribute('class', 'heat-cursor')
    cursor.setAttribute('width', '9')
    cursor.setAttribute('height', '20')
    strip.append(cursor)
  }
  cursor.setAttribute('x', String(at * 10))
}
