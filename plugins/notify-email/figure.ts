/** The picture of a mail and the words beside it. */
import type { Message, MetricHistory } from '../../model/contract.ts'
import { parseThreshold } from '../../model/threshold.ts'
import { chartHeight, chartWidth, drawChart } from './chart/chart.ts'
import { encodePng } from './chart/png.ts'

export interface Figure {
  png: Buffer
  /** Content id: the HTML names the picture by it. */
  id: string
  /** What the picture shows, in words: for text mail, and for those who hear the mail. */
  words: string
  width: number
  height: number
}

const phrases = {
  en: { from: 'From', to: 'to', lowest: 'lowest', highest: 'highest', last: 'last' },
  it: { from: 'Dalle', to: 'alle', lowest: 'minimo', highest: 'massimo', last: 'ultimo' },
} as const

export async function figureOf(history: MetricHistory, message: Message): Promise<Figure | null> {
  const known = history.values.filter((value) => value !== null)
  const last = known.at(-1)
  if (last === undefined) return null
  const [judged] = message.problem.perfdata
  const limits = { warning: upper(judged?.warn), critical: upper(judged?.crit) }
  const { language, zone } = message
  const { from, to, lowest, highest, last: newest } = phrases[language]
  const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone })
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 })
  const value = (one: number) => `${number.format(one)}${history.unit === '' ? '' : ` ${history.unit}`}`
  return {
    png: await encodePng(drawChart(history, limits, zone)),
    id: 'chart@specola',
    words:
      `${from} ${clock.format(history.from)} ${to} ${clock.format(history.to)}: ${lowest} ${value(Math.min(...known))}, ` +
      `${highest} ${value(Math.max(...known))}, ${newest} ${value(last)}`,
    ...{ width: chartWidth / 2, height: chartHeight / 2 },
  }
}

/** The value above which it alerts, where a range has one. */
function upper(range: string | undefined): number | null {
  const parsed = parseThreshold(range ?? '')
  return parsed.ok && !parsed.threshold.inside && Number.isFinite(parsed.threshold.end) ? parsed.threshold.end : null
}
