/** Checks, messages and batches as the contracts of alert journals write them. */
import { untold } from '../../alerter/tell.ts'
import type { CheckState } from '../../model/check.ts'
import type { Message } from '../../model/contract.ts'
import { steady } from '../../model/flapping.ts'
import { pending } from '../../model/state.ts'
import type { AlertBatch, NewNotification, StoredCheck } from '../../model/tracked-check.ts'

export const minute = 60_000

export const emptyBatch: AlertBatch = {
  ...{ checks: [], removed: [], transitions: [], notifications: [], held: [], downtimes: [], comments: [] },
}

export function check(id: string, over: Partial<Omit<StoredCheck, 'state'>> & { state?: Partial<CheckState> } = {}): StoredCheck {
  const { state, ...rest } = over
  return {
    ...{ id, rule: 'cpu', plugin: 'cpu', target: { kind: 'instance', id: `i-${id}` }, targetName: `name-${id}`, project: 'p1' },
    ...{ host: 'h1', maxAttempts: 3, longOutput: null, perfdata: [], nextCheck: null, acknowledgement: null, told: untold },
    flapping: steady,
    cause: null,
    ...rest,
    state: { ...pending, checked: true, lastCheck: minute, lastStateChange: minute, output: 'out', ...state },
  }
}

export const message = (id: string, kind: Message['kind'], time: number): Message => ({
  ...{ kind, transition: null, acknowledgement: null, link: null, instances: null, time, zone: 'UTC', language: 'en' },
  problem: {
    ...{
      check: id,
      rule: 'cpu',
      plugin: 'cpu',
      target: { kind: 'instance', id: 'i' },
      targetName: null,
      project: 'p1',
      host: null,
    },
    ...{ state: 'critical', hard: true, attempt: 1, maxAttempts: 1, since: 0, output: '', longOutput: null, perfdata: [] },
    ...{ lastCheck: null, nextCheck: null, acknowledgement: null },
  },
})

export const news = (
  id: string,
  kind: Message['kind'],
  time: number,
  contact = 'anna',
  to = `${contact}@b.c`,
): NewNotification => ({
  ...{ message: message(id, kind, time), contact, notifier: 'email', to },
})
