/** A notifier that does not get through is a component that is down: visible without it, and told by another way. */
import type { DispatchDeps } from './delivery.ts'
import type { Lane } from './lane.ts'

/** `lane`: the receiver that was just served; `all`: those of its notifier. */
export async function reportLanes(
  { queue, health, logger, clock }: DispatchDeps,
  lane: Lane,
  all: readonly Lane[],
): Promise<void> {
  const component = `notify-${lane.receiver.notifier}`
  const { count, next } = await queue.waiting()
  const failing = all.filter(({ reason }) => reason !== null)
  const refused = all.find((one) => one.refused !== null)?.refused ?? null
  const notice = all.find((one) => one.notice !== null)?.notice ?? null
  tellLog()
  const report = (state: 'ok' | 'degraded' | 'down', detail: string) =>
    health.report({
      ...{ component, kind: 'notifier', state, detail },
      numbers: { queue: count, receivers: all.length, failing: failing.length, late_seconds: lateness(next, clock.now()) },
    })
  if (failing.length > 0) {
    const waits = `${count} ${count === 1 ? 'notification waits' : 'notifications wait'} on disk`
    const some = all.length > failing.length ? ` (${failing.length} of ${all.length} receivers)` : ''
    report(all.length > failing.length ? 'degraded' : 'down', `${failing[0]?.reason}${some}; ${waits}`)
  } else if (refused !== null) report('degraded', refused)
  else if (notice !== null) report('degraded', `delivers, but ${notice}`)
  else report('ok', count === 0 ? 'delivers; nothing waits' : `delivers; ${count} wait`)

  /** Once when it begins, once when it ends. */
  function tellLog() {
    const what = lane.reason !== null ? 'fails' : (lane.refused ?? lane.notice)
    if (what === lane.said) return
    if (lane.reason !== null) logger.warn(`${component}: ${lane.reason}; notifications wait on disk`, { waiting: count })
    else if (lane.refused !== null) logger.error(`${component}: ${lane.refused}`)
    else if (lane.notice !== null) logger.warn(`${component}: ${lane.notice}`)
    else logger.info(`${component} gets through again`, { waiting: count })
    lane.said = what
  }
}

const lateness = (next: number | null, now: number) => (next === null ? 0 : Math.max(0, Math.round((now - next) / 1000)))
