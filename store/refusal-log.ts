import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'

const everyMs = 3_600_000

/** Tells of samples outside the kept time: at the first, then at most once an hour with their number. */
export function refusalLog(
  clock: Clock,
  logger: Logger,
): (refused: Readonly<Record<'too old' | 'in the future', number>>) => void {
  const waiting = { 'too old': 0, 'in the future': 0 }
  let toldAt = Number.NEGATIVE_INFINITY
  return (refused) => {
    waiting['too old'] += refused['too old']
    waiting['in the future'] += refused['in the future']
    if (waiting['too old'] + waiting['in the future'] === 0 || clock.monotonic() - toldAt < everyMs) return
    logger.warn('samples outside the kept time were dropped: is the clock of a host wrong?', { ...waiting })
    toldAt = clock.monotonic()
    waiting['too old'] = 0
    waiting['in the future'] = 0
  }
}
