import type { TimeRange } from '../model/range.ts'
import type { UsageDifference } from '../model/usage.ts'
import { alikeText, causeText, timeText } from './difference-words.ts'
import type { Visit } from './visit.ts'

const shownAtMost = 20

/** The section "Nova's figure and ours" of a project or of one instance: who differs, by how much, and why. */
export async function differencesOf(visit: Visit, range: TimeRange, of: { project: string } | { instance: string }) {
  const found = await visit.deps.usage.differences(visit.scope, { from: range.from, to: range.to, ...of })
  const differing = found.filter(({ causes }) => causes.length > 0)
  const idle = found.flatMap(({ alike }) => alike).reduce((sum, { hours }) => sum + hours, 0)
  const single = 'instance' in of
  const telling = differing.filter((one) => !slight(one))
  const little = differing.filter(slight)
  const rows = (single ? found : telling.slice(0, shownAtMost)).map((difference) => row(visit, difference))
  const sum = (field: 'parityHours' | 'ledgerHours') => differing.reduce((total, difference) => total + difference[field], 0)
  const [nova, ours] = [sum('parityHours'), sum('ledgerHours')]
  return {
    single,
    rows,
    none: visit.t(single ? 'difference.none.instance' : 'difference.none'),
    more: telling.length > rows.length && !single ? telling.length - rows.length : null,
    little:
      little.length > 0 && !single
        ? visit.t('difference.little', {
            count: little.length,
            time: timeText(
              visit,
              little.reduce((all, one) => all + apart(one), 0),
            ),
          })
        : null,
    total: { nova, ours, delta: signed(visit, ours - nova) },
    idle: idle > 0 && !single ? visit.t('difference.alike.total', { time: timeText(visit, idle) }) : null,
  }
}

interface Gap extends Pick<UsageDifference, 'parityHours' | 'ledgerHours'> {
  causes: readonly Pick<UsageDifference['causes'][number], 'hours' | 'vcpuHours'>[]
}

/** Hours between the two figures. Causes may outweigh each other, and vCPU hours may differ where the hours do not. */
const apart = ({ parityHours, ledgerHours, causes }: Gap) =>
  Math.max(Math.abs(ledgerHours - parityHours), ...causes.map(({ hours }) => Math.abs(hours)))
/** Below a minute in all that makes it up: a sentence tells it, not a row. */
export const slight = (one: Gap) => apart(one) < 1 / 60 && one.causes.every(({ vcpuHours }) => Math.abs(vcpuHours) < 1 / 60)

function row(visit: Visit, difference: UsageDifference) {
  const kept = new URLSearchParams()
  for (const name of ['from', 'to']) {
    const value = visit.query.get(name)
    if (value !== null) kept.set(name, value)
  }
  const search = kept.size > 0 ? `?${kept}` : ''
  return {
    title: difference.name ?? difference.instance,
    href: `/instances/${encodeURIComponent(difference.instance)}${search}`,
    nova: difference.parityHours,
    ours: difference.ledgerHours,
    delta: signed(visit, difference.ledgerHours - difference.parityHours),
    why: [
      ...difference.causes.map((cause) => ({ text: causeText(visit, cause, difference), quiet: false })),
      ...difference.alike.map((alike) => ({ text: alikeText(visit, alike), quiet: true })),
    ],
  }
}

/** Ours less Nova's: `+212.0`, `−3.50`. */
const signed = (visit: Visit, hours: number) => `${hours > 0 ? '+' : hours < 0 ? '−' : ''}${visit.show.hours(Math.abs(hours))}`
