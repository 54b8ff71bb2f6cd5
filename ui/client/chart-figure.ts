import {
  Chart,
  type ChartConfiguration,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  TimeScale,
} from 'chart.js'
import 'chartjs-adapter-luxon'
import { column, columns, type Line, numberText, type SeriesData, scaleFor, statistics } from './chart-data.ts'
import { legend } from './chart-legend.ts'
import { brush, crosshair, equip, gaps, type Hands, markAt, marks } from './chart-plugins.ts'
import { numbersTable } from './chart-table.ts'

Chart.register(Filler, LinearScale, LineController, LineElement, PointElement, TimeScale)

const dashes = [[], [], [6, 3], [2, 2]]

/** One chart on the page: its lines, its legend, its table of numbers. Lives as long as the page. */
export class ChartFigure {
  readonly #element: HTMLElement
  readonly #canvas: HTMLCanvasElement
  readonly #words: Record<string, string>
  readonly #name: string
  readonly #chart: Chart
  #data: SeriesData
  #lines: Line[] = []
  #solo: string | null = null
  #at: number | null = null

  constructor(element: HTMLElement, data: SeriesData, words: Record<string, string>, hands: Hands) {
    this.#element = element
    this.#canvas = element.querySelector('canvas') as HTMLCanvasElement
    this.#words = words
    this.#name = element.querySelector('figcaption strong')?.textContent ?? ''
    this.#data = data
    this.#chart = new Chart(this.#canvas, configuration(data.zone, element.dataset.top ?? ''))
    equip(this.#chart, {
      data: () => this.#data,
      at: () => this.#at,
      hands,
      colour: (token) => colourOf(element, token),
    })
    numbersTable(element, words, () => ({ data: this.#data, lines: this.#lines, timeText: (time) => this.#timeText(time) }))
    this.paint()
  }

  cursor(time: number | null): void {
    this.#at = time
    this.#chart.draw()
    this.#showLegend()
  }

  update(data: SeriesData): void {
    this.#data = data
    this.paint()
  }

  /** The values at a moment, to be spoken. */
  sentence(time: number): string {
    const index = this.#indexAt(time)
    const values = this.#lines.map(({ title, values }) => `${title} ${numberText(values[index] ?? Number.NaN)}`)
    return `${this.#timeText(time)} ${this.#name}: ${values.join(', ')}`
  }

  /** Draws everything anew: new data, another theme, another choice of lines. */
  paint(): void {
    const band = this.#read()
    const main = this.#lines[0]
    const points = (values: readonly number[]) => values.map((y, index) => ({ x: this.#data.t[index] as number, y }))
    const edges =
      band && main
        ? [
            { data: points(band.low), borderWidth: 0, fill: false, hidden: !main.shown },
            { data: points(band.high), borderWidth: 0, fill: '-1', backgroundColor: fade(main.colour), hidden: !main.shown },
          ]
        : []
    const lines = this.#lines.map(({ values, colour, dash, shown }) => ({
      data: points(values),
      borderColor: colour,
      borderDash: dash,
      spanGaps: false,
      hidden: !shown,
    }))
    this.#chart.data.datasets = [...edges, ...lines]
    this.#paintAxes()
    const empty = this.#lines.every(({ values }) => values.every(Number.isNaN))
    this.#element.querySelector('.plot')?.classList.toggle('is-empty', empty)
    this.#chart.update('none')
    this.#describe()
    this.#showLegend()
  }

  /** Lines in the unit that suits their size; the first may have a band from its least to its most. */
  #read(): { low: number[]; high: number[] } | null {
    const { fields = '', unit = '', band, byDevice } = this.#element.dataset
    const names = fields.split(' ')
    const raw = columns(this.#data, names, unit, byDevice !== undefined)
    const most = raw.flatMap(({ values }) => values).reduce((max, value) => (value > max ? value : max), 0)
    const { factor, name } = scaleFor(unit, most)
    const place = this.#element.querySelector('[data-unit-shown]')
    if (place) place.textContent = name
    this.#lines = raw.map(({ key, title, colour, dash, values }) => ({
      ...{ key, title },
      colour: colourOf(this.#element, `series-${colour}`),
      dash: dashes[dash] ?? [],
      values: values.map((value) => value / factor),
      shown: this.#solo === null || this.#solo === key,
    }))
    const edge = (aggregate: string) => column(this.#data, names[0] as string, aggregate, unit).map((value) => value / factor)
    return band === undefined ? null : { low: edge('min'), high: edge('max') }
  }

  #paintAxes() {
    const { x, y } = this.#chart.options.scales as { x: Axis; y: Axis }
    x.min = this.#data.from
    x.max = this.#data.to
    x.ticks.color = y.ticks.color = colourOf(this.#element, 'muted')
    x.border = y.border = { color: colourOf(this.#element, 'border') }
    y.grid = { color: colourOf(this.#element, 'raised') }
  }

  /** One sentence for who cannot see the drawing. */
  #describe() {
    const values = this.#lines[0]?.values ?? []
    const numbers = statistics(values)
    if (!numbers) {
      this.#canvas.setAttribute('aria-label', `${this.#name}: ${this.#words.noData ?? ''}`)
      return
    }
    const peak = this.#data.t[values.indexOf(numbers.max)] ?? this.#data.from
    const parts = [this.#name, numberText(numbers.mean), numberText(numbers.max), this.#timeText(peak)]
    const pieces = (this.#words.summary ?? '').split('—')
    this.#canvas.setAttribute('aria-label', pieces.map((piece, index) => piece + (parts[index] ?? '')).join(''))
  }

  #showLegend() {
    const at = this.#at
    const mark = at === null ? undefined : markAt(this.#chart, this.#data.marks, at)
    const when = at === null ? null : `${this.#timeText(at)}${mark ? ` · ${mark.title}` : ''}`
    legend(this.#element, this.#lines, this.#words, at === null ? null : this.#indexAt(at), when, (key) => {
      this.#solo = this.#solo === key ? null : key
      this.paint()
    })
  }

  #indexAt(time: number): number {
    const { t, step } = this.#data
    return Math.max(0, Math.min(t.length - 1, Math.floor((time - (t[0] ?? 0)) / step)))
  }

  #timeText(time: number): string {
    const { zone, from, to } = this.#data
    return new Intl.DateTimeFormat(document.documentElement.lang === 'it' ? 'it-IT' : 'en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(to - from > 86_400_000 && { day: 'numeric', month: 'short' }),
    }).format(time)
  }
}

interface Axis {
  min: number
  max: number
  ticks: { color: string }
  border: { color: string }
  grid: { color: string }
}

/** What all charts have in common: nothing moves, nothing is interpolated, time in the configured zone. */
function configuration(zone: string, top: string): ChartConfiguration<'line'> {
  return {
    type: 'line',
    data: { datasets: [] },
    plugins: [gaps, marks, crosshair, brush],
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      layout: { padding: { top: 12, right: 4 } },
      events: [],
      elements: { point: { radius: 0 }, line: { borderWidth: 1.75, tension: 0 } },
      scales: {
        x: {
          type: 'time',
          adapters: { date: { zone, locale: document.documentElement.lang } },
          time: {
            displayFormats: { second: 'HH:mm:ss', minute: 'HH:mm', hour: 'HH:mm', day: 'd LLL', week: 'd LLL', month: 'LLL yy' },
          },
          ticks: { maxRotation: 0, sampleSize: 20, autoSkipPadding: 16, major: { enabled: true } },
          grid: { display: false },
        },
        y: {
          beginAtZero: true,
          ...(top === '' ? { grace: '5%' } : { max: Number(top) }),
          ticks: { maxTicksLimit: 5, callback: (value) => numberText(Number(value)) },
          // The same width everywhere, so that the cursor stands at one place through all charts.
          afterFit: (axis) => {
            axis.width = 44
          },
        },
      },
    },
  }
}

/** A colour token as the canvas needs it: resolved for the theme in force. */
function colourOf(element: Element, token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${token})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** The same colour, mostly transparent, for the band between least and most. */
const fade = (colour: string) => colour.replace(/^rgb\(([^)]*)\)$/, 'rgba($1, 0.25)')
