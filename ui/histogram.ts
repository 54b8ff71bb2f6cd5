import type { EventQuery } from '../model/contract.ts'
import { stepFor, type TimeRange } from '../model/range.ts'
import type { Visit } from './visit.ts'

const barsAtMost = 120
const height = 48

/** Events per bucket as bars of a fixed box, and what the browser needs to turn a stroke over them into a range. */
export async function histogramBars(
  visit: Visit,
  query: Omit<EventQuery, 'limit' | 'before' | 'from' | 'to'>,
  { from, to }: Pick<TimeRange, 'from' | 'to'>,
) {
  const step = stepFor({ from, to }, barsAtMost, 60_000)
  const start = Math.floor(from / step) * step
  const counts = new Map(await visit.deps.events.histogram(visit.scope, { ...query, from: start, to, step }))
  const most = Math.max(1, ...counts.values())
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const slots = Math.ceil((to - start) / step)
  const bars = [...counts].map(([at, count]) => {
    const tall = Math.max(1.5, (count / most) * height)
    return { x: ((at - start) / step) * 10 + 1, y: height - tall, height: tall }
  })
  return {
    bars,
    width: slots * 10,
    height,
    start,
    end: start + slots * step,
    step,
    most,
    total,
    label: visit.show.duration(step),
  }
}
