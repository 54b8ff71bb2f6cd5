import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { threshold } from '../../config/threshold-field.ts'
import type { Check } from '../../model/contract.ts'
import { judge } from '../../model/threshold.ts'

const config = z.strictObject({
  /** Messages in a queue that nobody reads. */
  warn: threshold.prefault('1000'),
  crit: threshold.prefault('100000'),
  /** Queues are looked at every two minutes: an older reading says nothing. */
  fresh: duration.prefault('10m'),
})

/** A queue of the services (`notifications.info` …) that grows because nobody reads it. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'notification-queue',
  description: 'Bus notifications that pile up in a queue without a consumer, until the broker is full',
  targets: ['connection'],
  config,
  async run({ config: { warn, crit, fresh }, target, health, now }) {
    const entry = health.all().find(({ component, kind }) => component === target.id && kind === 'queue')
    if (!entry) return { state: 'unknown', output: 'not heard of', perfdata: [] }
    const { waiting, consumers } = entry.numbers
    if (waiting === undefined || consumers === undefined || now - entry.at > fresh) return null
    const perfdata = [
      { label: 'messages', value: waiting, unit: '', warn: warn.text, crit: crit.text, min: 0 },
      { label: 'consumers', value: consumers, unit: '', min: 0 },
    ]
    // A consumer that is slow is its operator's affair: only a queue without any is nobody's.
    if (consumers > 0) return { state: 'ok', output: `${consumers} consumers, ${waiting} messages wait`, perfdata }
    const output = `${waiting} messages wait and nobody reads the queue: consume it, delete it, or take its topic out of the services' configuration`
    return { state: judge(waiting, warn.range, crit.range), output: waiting === 0 ? 'empty, no consumer' : output, perfdata }
  },
}
