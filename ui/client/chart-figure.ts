import { Chart, Filler, LinearScale, LineController, LineElement, PointElement, TimeScale } from 'chart.js'
import 'chartjs-adapter-luxon'
import { column, type Line, numberText, type SeriesData, scaleFor, statistics } from './chart-data.ts'
import { legend } from './chart-legend.ts'
import { brush, crosshair, gaps, type Hands, markAt, marks } from './chart-plugins.ts'
import { numbersTable } from './chart-table.ts'

Chart.register(Filler, LinearScale, LineController, LineElement, PointElement, TimeScale)

/** One chart on the page, as the group drives it. */
export interface Figure {
  cursor(at: number | null): void
  update(data: SeriesData): void
  recolour(): void
  /** The values at a moment, to be spoken. */
  sentence(at: number): string
}

const dashes = [[], [], [6, 3], [2, 2]]

/** A colour token as the canvas needs it: resolved for the theme in force. */
export function colourOf(element: Element, token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${token})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

export function chartFigure(element: HTMLElement, first: SeriesData, words: Record<string, string>, hands: Hands): Figure {
  const canvas = element.querySelector('canvas') as HTMLCanvasElement
  const plot = element.querySelector('.plot') as HTMLElement
  const name = element.querySelector('figcaption strong')?.textContent ?? ''
  const { fields = '', unit = '', top = '' } = element.dataset
  const solo = { field: null as string | null }
  let data = first
  let lines: Line[] = []
  let at: number | null = null

  const read = () => {
    const raw = fields.split(' ').map((field) => column(data, field, 'mean', unit))
    const most = Math.max(0, ...raw.flat().filter((value) => !Number.isNaN(value)))
    const { factor, name: shown } = scaleFor(unit, most)
    const place = element.querySelector('[data-unit-shown]')
    if (place) place.textContent = shown
    lines = fields.split(' ').map((field, index) => ({
      field,
      title: data.series.find((series) => series.field === field)?.title ?? field,
      colour: colourOf(element, `series-${index}`),
      dash: dashes[index] ?? [],
      values: (raw[index] as number[]).map((value) => value / factor),
      shown: solo.field === null || solo.field === field,
    }))
    const edge = (aggregate: string) =>
      column(data, fields.split(' ')[0] as string, aggregate, unit).map((value) => value / factor)
    return element.dataset.band === undefined ? null : { low: edge('min'), high: edge('max') }
  }

  const chart = new Chart(canvas, {
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
          adapters: { date: { zone: data.zone, locale: document.documentElement.lang } },
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
  })

  const paint = () => {
    const band = read()
    const points = (values: readonly number[]) => values.map((y, index) => ({ x: data.t[index] as number, y }))
    const main = lines[0] as Line
    const edges = band
      ? [
          { data: points(band.low), borderWidth: 0, fill: false, hidden: !main.shown },
          { data: points(band.high), borderWidth: 0, fill: '-1', backgroundColor: fade(main.colour), hidden: !main.shown },
        ]
      : []
    chart.data.datasets = [
      ...edges,
      ...lines.map((line) => ({
        data: points(line.values),
        borderColor: line.colour,
        borderDash: line.dash,
        spanGaps: false,
        hidden: !line.shown,
      })),
    ]
    const { x, y } = chart.options.scales as { x: Axis; y: Axis }
    x.min = data.from
    x.max = data.to
    x.ticks.color = y.ticks.color = colourOf(element, 'muted')
    x.border = y.border = { color: colourOf(element, 'border') }
    y.grid = { color: colourOf(element, 'raised') }
    const empty = lines.every(({ values }) => values.every(Number.isNaN))
    plot.classList.toggle('is-empty', empty)
    chart.update('none')
    describe()
    showLegend()
  }

  const describe = () => {
    const main = lines[0] as Line
    const numbers = statistics(main.values)
    const peak = numbers ? (data.t[main.values.indexOf(numbers.max)] ?? data.from) : 0
    const text = numbers ? (words.summary ?? '').split('—') : [`${name}: ${words.noData}`]
    const parts = numbers ? [name, numberText(numbers.mean), numberText(numbers.max), timeText(peak)] : []
    canvas.setAttribute('aria-label', text.map((piece, index) => piece + (parts[index] ?? '')).join(''))
  }

  const indexAt = (time: number) => Math.max(0, Math.min(data.t.length - 1, Math.floor((time - (data.t[0] ?? 0)) / data.step)))
  const timeText = (time: number) =>
    new Intl.DateTimeFormat(document.documentElement.lang, {
      timeZone: data.zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(data.to - data.from > 86_400_000 && { day: 'numeric', month: 'short' }),
    }).format(time)

  const showLegend = () => {
    const index = at === null ? null : indexAt(at)
    const mark = at === null ? null : markAt(chart, data.marks, at)
    legend(element, lines, words, index, at === null ? null : `${timeText(at)}${mark ? ` · ${mark.title}` : ''}`, (field) => {
      solo.field = solo.field === field ? null : field
      paint()
    })
  }

  Object.assign(chart, {
    specola: { data: () => data, at: () => at, hands, colour: (token: string) => colourOf(element, token) },
  })
  numbersTable(element, words, () => ({ data, lines, timeText }))
  paint()
  return {
    cursor(time) {
      at = time
      chart.draw()
      showLegend()
    },
    update(next) {
      data = next
      paint()
    },
    recolour: paint,
    sentence: (time) => {
      const index = indexAt(time)
      return `${timeText(time)} ${name}: ${lines.map((line) => `${line.title} ${numberText(line.values[index] ?? Number.NaN)}`).join(', ')}`
    },
  }
}

interface Axis {
  min: number
  max: number
  ticks: { color: string }
  border: { color: string }
  grid: { color: string }
}

/** The same colour, mostly transparent, for the band between minimum and maximum. */
const fade = (colour: string) => colour.replace(/^rgb\(([^)]*)\)$/, 'rgba($1, 0.25)')
