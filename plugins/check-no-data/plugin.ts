import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { atRest } from '../../model/at-rest.ts'
import type { CheckResult } from '../../model/check.ts'
import type { Check } from '../../model/contract.ts'
import type { ComponentHealth } from '../../model/health.ts'
import type { Sample } from '../../model/sample.ts'

const config = z.strictObject({
  /** How often an instance is read. */
  interval: duration.prefault('30s'),
  /** So many readings in a row must be missing. */
  missed: z.int().min(2).max(1000).default(6),
  /** How far back the last reading is looked for. */
  lookback: duration.prefault('1d'),
  state: z.enum(['warning', 'critical', 'unknown', 'nodata']).default('nodata'),
})

const running = new Set([1, 2])

/** An instance that should be running and is not heard from. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'no-data',
  description: 'No reading of an instance that should be running, for several polls in a row',
  targets: ['instance'],
  config,
  reads: ['samples', 'inventory'],
  silence: ({ state }) => state,
  async run({ config: { interval, missed, lookback, state }, target, store, health, now }) {
    const limit = interval * missed
    const since = now - Math.max(limit, lookback)
    const last = newest(await store.latest({ measurement: 'instance', where: { instance: target.id }, since }))
    const nova = target.instance?.state ?? null
    const age = last === null ? null : now - last.time
    if (age !== null && age <= limit) return ok(`last reading ${seconds(age)} ago`, age)
    if (nova !== null && atRest.has(nova)) return ok(`no readings expected: Nova says ${nova}`, age)
    const lastState = last?.fields.state
    if (nova !== 'active' && !(lastState !== undefined && running.has(lastState))) return ok('no readings expected', age)
    if (!listenedFor(health.all(), target.host, limit, now)) return null
    const launched = target.instance?.launchedAt ?? target.instance?.createdAt ?? null
    if (age === null && launched !== null && now - launched <= limit) return ok('just started, no reading yet', age)
    const told = age === null ? `no reading in the last ${seconds(now - since)}` : `last reading ${seconds(age)} ago`
    const why = nova === 'active' ? 'Nova says it is active' : 'it was running then'
    return { state, output: `${told}, and ${why}`, perfdata: perfdataOf(age) }
  },
}

/**
 * Silence counts from when we began to listen: after a start of Specola, or of the connection to the host, every instance has
 * been silent for long. A connection that is down is another matter: then the instance is counted under its host.
 */
function listenedFor(board: readonly ComponentHealth[], host: string | null, limit: number, now: number): boolean {
  const connection = board.find((entry) => entry.kind === 'libvirt' && entry.host === host)
  if (!connection || host === null) return true
  return connection.state !== 'starting' && (connection.state !== 'ok' || now - connection.since >= limit)
}

function newest(samples: readonly Sample[]): Sample | null {
  return samples.reduce<Sample | null>((best, sample) => (best && best.time >= sample.time ? best : sample), null)
}

const ok = (output: string, age: number | null): CheckResult => ({ state: 'ok', output, perfdata: perfdataOf(age) })

const perfdataOf = (age: number | null) =>
  age === null ? [] : [{ label: 'age', value: Math.round(age / 1000), unit: 's', min: 0 }]

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
