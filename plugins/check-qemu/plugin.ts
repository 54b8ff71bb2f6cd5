import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import type { CheckResult } from '../../model/check.ts'
import type { Check } from '../../model/contract.ts'
import type { Sample } from '../../model/sample.ts'

const config = z.strictObject({
  /** A QEMU that has not answered for so long is a problem: a healthy one takes milliseconds. */
  after: duration.prefault('10s'),
  /** Backups and snapshots keep a domain locked for minutes, now and then. */
  lockedFor: duration.prefault('15m'),
  /** How far back the last reading is looked for. */
  lookback: duration.prefault('10m'),
})

/** libvirt's states without a QEMU process. */
const withoutProcess = new Set([5, 6])

/** The process that runs an instance does not answer its daemon: whatever the guest does, nobody can manage it. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'qemu',
  description: 'An instance whose QEMU does not answer its libvirt daemon',
  targets: ['instance'],
  config,
  async run({ config: { after, lockedFor, lookback }, target, store, now }) {
    const samples = await store.latest({ measurement: 'instance', where: { instance: target.id }, since: now - lookback })
    const last = newest(samples, target.host)
    if (last === null) return null
    const { state, qemu_silent_seconds: silent, qemu_locked_seconds: locked } = last.fields
    if (state !== undefined && withoutProcess.has(state)) return { state: 'ok', output: 'does not run', perfdata: [] }
    // Only a state was told, or QEMU was not asked: that it answers again is for QEMU itself to say.
    if (silent === undefined || locked === undefined) return null
    const perfdata = [
      { label: 'silent', value: Math.round(silent), unit: 's', min: 0 },
      { label: 'locked', value: Math.round(locked), unit: 's', min: 0 },
    ]
    const say = (word: CheckResult['state'], output: string): CheckResult => ({ state: word, output, perfdata })
    if (silent * 1000 >= after) return say('critical', `QEMU not answering for ${Math.round(silent)} s`)
    if (locked * 1000 >= lockedFor) return say('warning', `QEMU locked by another operation for ${Math.round(locked)} s`)
    if (silent > 0) return say('ok', `QEMU has not answered for ${Math.round(silent)} s`)
    return say('ok', locked > 0 ? `QEMU locked by another operation for ${Math.round(locked)} s` : 'QEMU answers')
  },
}

/** While an instance moves, the host that Nova names counts; if that has told nothing, the newest. */
function newest(samples: readonly Sample[], host: string | null): Sample | null {
  const own = samples.filter((sample) => sample.tags.host === host)
  return (own.length > 0 ? own : samples).reduce<Sample | null>((best, one) => (best && best.time >= one.time ? best : one), null)
}
