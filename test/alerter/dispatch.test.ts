import assert from 'node:assert/strict'
import { outcomeOf, pauseAfter } from '../../alerter/delivery.ts'
import type { Message } from '../../model/contract.ts'
import type { QueuedNotification } from '../../model/tracked-check.ts'

describe('delivering notifications', () => {
  const queued = (attempts: number, time: number): QueuedNotification => ({
    ...{ id: 1, contact: 'alice', notifier: 'email', to: 'alice@example.org', attempts, nextAttempt: time },
    message: { time } as Message,
  })

  it('waits longer after each attempt, 15 minutes at most', () => {
    assert.deepEqual([0, 1, 2, 5, 6, 50].map(pauseAfter), [15_000, 30_000, 60_000, 480_000, 900_000, 900_000])
  })

  it('tries again what may get through, gives up after the configured time, and at once what is refused', () => {
    const away = { ok: false, retry: true, reason: 'away' } as const
    assert.deepEqual(outcomeOf(away, queued(1, 0), 60_000, 3_600_000), {
      outcome: 'waiting',
      reason: 'away',
      nextAttempt: 90_000,
    })
    assert.deepEqual(outcomeOf(away, queued(9, 0), 3_600_000, 3_600_000), {
      outcome: 'failed',
      reason: 'given up after 10 attempts: away',
    })
    assert.deepEqual(outcomeOf({ ok: false, retry: false, reason: 'no' }, queued(0, 0), 1, 10), {
      outcome: 'failed',
      reason: 'no',
    })
    assert.deepEqual(outcomeOf({ ok: true, id: 'x' }, queued(0, 0), 1, 10), { outcome: 'sent', deliveryId: 'x' })
  })
})
