/** A message that tells of no problem: for trying a notifier, and for looking at a template. */
import type { Message, MetricHistory } from '../model/contract.ts'
import type { AlerterConfig } from './section.ts'

const words = {
  en: {
    output: 'This is a test: nothing is wrong. CPU 97.4 % of its vCPUs over 300 s',
    long: 'If you can read this, messages reach you.',
    comment: 'looking into it',
  },
  it: {
    output: 'Questa è una prova: non c’è nessun guasto. CPU 97,4 % delle sue vCPU in 300 s',
    long: 'Se leggi questo, i messaggi ti arrivano.',
    comment: 'me ne occupo io',
  },
} as const

export function sampleMessage(
  config: Pick<AlerterConfig, 'publicUrl' | 'zone'>,
  now: number,
  language: 'it' | 'en',
  kind: Message['kind'],
): Message {
  const { output, long, comment } = words[language]
  const acknowledgement = kind === 'acknowledgement' ? { author: 'olga', comment, time: now, sticky: false } : null
  return {
    ...{ kind, transition: null, acknowledgement, instances: null, time: now, zone: config.zone, language },
    link: config.publicUrl === null ? null : `${config.publicUrl}/notifiers`,
    problem: {
      ...{ check: `specola-test-${now}`, rule: 'cpu', plugin: 'cpu', target: { kind: 'instance', id: 'sample' } },
      ...{ targetName: 'web-1 <sample>', project: 'sample', host: 'hv-1' },
      ...{ state: kind === 'recovery' ? 'ok' : 'warning', hard: true, attempt: 3, maxAttempts: 3, since: now - 600_000 },
      ...{ output, longOutput: long, lastCheck: now, nextCheck: null, acknowledgement },
      perfdata: [{ label: 'cpu', value: 97.4, unit: '%', warn: '80', crit: '95', min: 0 }],
    },
  }
}

/** Three hours that end in trouble. */
export function sampleHistory(now: number): MetricHistory {
  const step = 60_000
  const from = now - 180 * step
  const times = Array.from({ length: 180 }, (_, n) => from + n * step)
  const values = times.map((_, n) => (n >= 70 && n < 76 ? null : 34 + 12 * Math.sin(n / 11) + Math.max(0, n - 130) * 1.1))
  return { from, to: now, times, values, unit: '%' }
}
