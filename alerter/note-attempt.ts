/** Around a sending: only one engine sends, and what was sent is noted, whatever the journal does meanwhile. */
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/contract.ts'
import type { AlertWriter, QueuedNotification } from '../model/tracked-check.ts'

const firstPauseMs = 500
const longestPauseMs = 5000
/** An answer that took longer than this may be out of date: the process was stopped in between. */
const freshMs = 2000

/** Whether this engine is the one to send it, asked as late as can be. */
export async function mayBegin(
  { queue, clock }: { queue: Pick<AlertWriter, 'begin'>; clock: Clock },
  { id }: Pick<QueuedNotification, 'id'>,
): Promise<boolean> {
  if (!queue.begin) return true
  for (;;) {
    const asked = clock.monotonic()
    if (!(await queue.begin(id))) return false
    if (clock.monotonic() - asked < freshMs) return true
  }
}

/** Tries until the journal takes it: forgotten, it would be sent again. */
export async function noteAttempt(
  { clock, logger }: { clock: Clock; logger: Logger },
  note: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await note()
    } catch (error) {
      if (attempt === 1) logger.error(`a sending cannot be noted: ${(error as Error).message}; trying on`, { error })
      if (signal.aborted) throw error
      await clock.sleep(Math.min(longestPauseMs, firstPauseMs * attempt), signal).catch(() => undefined) // tries once more
    }
  }
}
