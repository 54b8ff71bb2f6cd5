/** A message as the alerter makes it, with what a test changes in it. */
import type { Message } from '../../model/contract.ts'

export function notification(over: Partial<Message> = {}, problem: Partial<Message['problem']> = {}): Message {
  const time = Date.UTC(2026, 10, 22, 12)
  return {
    ...{ kind: 'problem', transition: null, acknowledgement: null, link: 'https://specola.example/checks/c1', instances: null },
    ...{ time, zone: 'Europe/Rome', language: 'en' },
    ...over,
    problem: {
      ...{ check: 'c1', rule: 'cpu', plugin: 'cpu', target: { kind: 'instance', id: 'i-1' }, targetName: 'web-1', project: 'p1' },
      ...{ host: 'hv-1', state: 'critical', hard: true, attempt: 3, maxAttempts: 3, since: time - 120_000 },
      ...{ output: 'CPU 99 % of its vCPUs', longOutput: null, lastCheck: null, nextCheck: null, acknowledgement: null },
      perfdata: [{ label: 'cpu', value: 99, unit: '%', warn: '80', crit: '95' }],
      ...problem,
    },
  }
}
