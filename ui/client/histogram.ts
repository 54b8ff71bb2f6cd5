/** A stroke over the bars becomes the page's period. */
export function startHistogram(): void {
  let stroke: { svg: SVGSVGElement; from: number; mark: SVGRectElement } | null = null

  document.addEventListener('pointerdown', (event) => {
    const svg = event.target instanceof Element ? event.target.closest<SVGSVGElement>('svg[data-brush]') : null
    if (!svg || event.button !== 0) return
    event.preventDefault()
    const mark = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
    mark.setAttribute('class', 'brush')
    mark.setAttribute('y', '0')
    mark.setAttribute('height', '100%')
    svg.append(mark)
    stroke = { svg, from: place(svg, event.clientX), mark }
    svg.setPointerCapture(event.pointerId)
  })
  document.addEventListener('pointermove', (event) => {
    if (!stroke) return
    const { svg, from, mark } = stroke
    const to = place(svg, event.clientX)
    const width = svg.viewBox.baseVal.width
    mark.setAttribute('x', String(Math.min(from, to) * width))
    mark.setAttribute('width', String(Math.abs(to - from) * width))
  })
  document.addEventListener('pointerup', (event) => {
    if (!stroke) return
    const { svg, from, mark } = stroke
    stroke = null
    mark.remove()
    const to = place(svg, event.clientX)
    if (Math.abs(to - from) > 0.005) zoom(svg, Math.min(from, to), Math.max(from, to))
  })
}

const place = (svg: SVGSVGElement, x: number) => {
  const box = svg.getBoundingClientRect()
  return Math.min(1, Math.max(0, (x - box.left) / box.width))
}

function zoom(svg: SVGSVGElement, from: number, to: number) {
  const [start, end] = [Number(svg.dataset.start), Number(svg.dataset.end)]
  goTo(start + (end - start) * from, start + (end - start) * to)
}

/** The same page for another period: the address is the whole state. */
export function goTo(from: number, to: number): void {
  const url = new URL(location.href)
  url.searchParams.set('from', new Date(Math.floor(from)).toISOString())
  url.searchParams.set('to', new Date(Math.ceil(to)).toISOString())
  url.searchParams.delete('before')
  location.assign(url)
}
