import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { State } from '../../model/check.ts'
import type { Check } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'

const config = z.strictObject({
  /** How far back the last reading is looked for: what was shut off an hour ago is still shut off. */
  lookback: duration.prefault('1d'),
})

interface Meaning {
  word: string
  state: State
  /** Nova's states that explain it. */
  explainedBy: readonly string[]
}

const atRest = ['stopped', 'suspended', 'shelved', 'shelved_offloaded', 'soft-delete', 'resized']
/** libvirt's domain states. */
const meanings: Readonly<Record<number, Meaning>> = {
  0: { word: 'in no state', state: 'ok', explainedBy: [] },
  1: { word: 'running', state: 'ok', explainedBy: [] },
  2: { word: 'running', state: 'ok', explainedBy: [] },
  3: { word: 'paused', state: 'warning', explainedBy: ['paused', ...atRest] },
  4: { word: 'shutting down', state: 'ok', explainedBy: [] },
  5: { word: 'shut off', state: 'critical', explainedBy: atRest },
  6: { word: 'crashed', state: 'critical', explainedBy: [] },
  7: { word: 'suspended by its guest', state: 'warning', explainedBy: ['paused', ...atRest] },
}
/** On its way in or out: its domain comes and goes. */
const passing = new Set(['building', 'deleted'])

/** What the hypervisor says of an instance, measured by what Nova wants it to be. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'state',
  description: 'An instance that is paused, shut off or crashed although Nova did not ask for it',
  targets: ['instance'],
  config,
  reads: ['samples'],
  async run({ config: { lookback }, target, store, now }) {
    const samples = await store.latest({ measurement: 'instance', where: { instance: target.id }, since: now - lookback })
    const last = newest(
      samples.filter((sample) => sample.fields.state !== undefined),
      target.host,
    )
    const nova = target.instance?.state ?? null
    const code = last?.fields.state
    if (nova !== null && passing.has(nova)) return { state: 'ok', output: `Nova says ${nova}`, perfdata: [] }
    if (code === undefined) return { state: 'ok', output: 'no hypervisor has told its state yet', perfdata: [] }
    const perfdata = [{ label: 'state', value: code, unit: '' }]
    const meaning = meanings[code]
    if (!meaning) return { state: 'unknown', output: `the hypervisor tells a state that is not known: ${code}`, perfdata }
    const { word, state, explainedBy } = meaning
    if (state === 'ok' || (nova !== null && explainedBy.includes(nova)))
      return { state: 'ok', output: nova === null ? word : `${word}; Nova says ${nova}`, perfdata }
    return { state, output: `${word} on its hypervisor${nova === null ? '' : `, but Nova says ${nova}`}`, perfdata }
  },
}

/**
 * An instance that moves has a domain on two hosts for a while: the one on the host that Nova names counts, and if that has
 * told nothing, the newest.
 */
function newest(samples: readonly Sample[], host: string | null): Sample | null {
  const own = samples.filter((sample) => sample.tags.host === host)
  return (own.length > 0 ? own : samples).reduce<Sample | null>((best, one) => (best && best.time >= one.time ? best : one), null)
}
