/** Specola's own health as samples, so that it is charted and alarmed like everything else. */
import type { Clock } from '../model/clock.ts'
import { every } from '../model/clock.ts'
import type { ComponentHealth, HealthBoard } from '../model/health.ts'
import type { Sample } from '../model/sample.ts'

const intervalMs = 30_000

/** Which of a component's numbers are the fields of the measurement `specola`, by the names components use. */
const fields: Record<string, readonly string[]> = {
  lag_seconds: ['lag_seconds', 'lag'],
  queue: ['queue', 'waiting'],
  dropped: ['dropped'],
  processed: ['processed', 'messages', 'written'],
}

export function selfSamples(components: readonly ComponentHealth[], time: number): Sample[] {
  return components.map(({ component, state, numbers }) => {
    const own: Record<string, number> = { up: state === 'ok' || state === 'degraded' ? 1 : 0 }
    for (const [field, names] of Object.entries(fields)) {
      const name = names.find((name) => numbers[name] !== undefined)
      if (name !== undefined) own[field] = numbers[name] as number
    }
    return { measurement: 'specola', tags: { component }, fields: own, time }
  })
}

export function watchSelf(
  health: Pick<HealthBoard, 'all'>,
  push: (samples: readonly Sample[]) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return every(clock, intervalMs, signal, async () => push(selfSamples(health.all(), clock.now())))
}
