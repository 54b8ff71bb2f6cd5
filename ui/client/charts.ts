/** The charts of a page: one request for all, one cursor through all. Loaded only by pages that have charts. */

import { loadSeries, type SeriesData, type Wanted } from './chart-data.ts'
import { ChartFigure } from './chart-figure.ts'
import { goTo } from './histogram.ts'

for (const group of document.querySelectorAll<HTMLElement>('[data-charts]')) {
  const fold = group.closest('details')
  // What is folded away is asked for when somebody wants to see it.
  if (fold && !fold.open) fold.addEventListener('toggle', () => startGroup(group), { once: true })
  else startGroup(group)
}

function startGroup(group: HTMLElement) {
  const words = JSON.parse(group.dataset.words ?? '{}') as Record<string, string>
  const figures = [...group.querySelectorAll<HTMLElement>('[data-chart]')]
  const drawn = new Map<HTMLElement, ChartFigure>()
  const status = Object.assign(document.createElement('p'), { className: 'unseen' })
  status.setAttribute('role', 'status')
  group.append(status)
  let data: SeriesData | null = null

  const cursor = (at: number | null, spoken: boolean) => {
    for (const figure of drawn.values()) figure.cursor(at)
    if (!spoken || at === null) return
    status.textContent = [...drawn.values()].map((figure) => figure.sentence(at)).join('; ')
  }
  const draw = (element: HTMLElement) => {
    if (!data || drawn.has(element)) return
    drawn.set(element, new ChartFigure(element, data, words, { cursor, zoom: goTo }))
  }
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) draw(entry.target as HTMLElement)
    },
    { rootMargin: '200px' },
  )

  const wanted = wantedOf(group, figures)
  const load = async () => {
    try {
      data = await loadSeries(wanted)
      for (const figure of drawn.values()) figure.update(data)
      for (const element of figures) {
        seen.unobserve(element)
        seen.observe(element)
      }
    } catch {
      // The charts say so in place; the rest of the page stands.
      for (const element of figures) {
        const plot = element.querySelector<HTMLElement>('.plot')
        if (!plot || drawn.has(element)) continue
        plot.dataset.empty = words.failed ?? ''
        plot.classList.add('is-empty')
      }
    }
  }
  void load()

  addEventListener('specola:sample', () => {
    if (group.dataset.liveCharts !== undefined && document.documentElement.dataset.paused === undefined) void load()
  })
  const redraw = () => {
    for (const figure of drawn.values()) figure.paint()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
}

function wantedOf(group: HTMLElement, figures: readonly HTMLElement[]): Wanted {
  const fieldsOf = (element: HTMLElement) => (element.dataset.fields ?? '').split(' ')
  const width = Math.max(...figures.map((element) => element.querySelector('.plot')?.clientWidth ?? 0))
  return {
    measurement: group.dataset.measurement ?? 'instance',
    id: group.dataset.id ?? '',
    from: group.dataset.from ?? 'now-6h',
    to: group.dataset.to ?? 'now',
    fields: [...new Set(figures.flatMap(fieldsOf))],
    band: figures.filter(({ dataset }) => dataset.band !== undefined).map((element) => fieldsOf(element)[0] ?? ''),
    marks: group.dataset.marks !== undefined,
    points: Math.max(60, Math.min(1000, width - 50)),
  }
}
