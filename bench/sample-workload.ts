import type { Sample } from '../model/sample.ts'

/** Instances, their tags as in a real cloud, and twenty numbers each, thirty seconds apart; the same at every run. */
export interface Workload {
  instances: number
  from: number
  ticks: number
}

export const tickMs = 30_000

const fields = [
  ...['cpu_percent', 'steal_percent', 'host_cpu_percent', 'memory_used_bytes', 'memory_rss_bytes', 'major_faults'],
  ...['disk_read_bytes', 'disk_write_bytes', 'disk_read_ops', 'disk_write_ops', 'disk_read_latency', 'disk_write_latency'],
  ...['disk_queue', 'disk_allocated_bytes', 'net_rx_bytes', 'net_tx_bytes', 'net_rx_packets', 'net_tx_packets', 'net_drops'],
  'vcpus',
]

export const fieldsPerRow = fields.length

/** All samples in order of time, `size` at a time. */
export function* batches({ instances, from, ticks }: Workload, size: number): Generator<Sample[]> {
  const random = generator(42)
  const tags = Array.from({ length: instances }, (_, i) => ({
    instance: uuid(random),
    project: `project-${i % 20}`,
    user: `user-${i % 50}`,
    host: `hv-${i % 30}`,
    flavor: `m${i % 5}.large`,
  }))
  const walks = tags.map(() => fields.map(() => Math.floor(random() * 1000)))
  let batch: Sample[] = []
  for (let tick = 0; tick < ticks; tick++)
    for (let i = 0; i < instances; i++) {
      const walk = walks[i] as number[]
      const jitter = (i * 37) % 1000
      batch.push({
        measurement: 'instance',
        tags: { ...tags[i] } as Record<string, string>,
        fields: Object.fromEntries(fields.map((name, f) => [name, next(walk, f, random)])),
        time: from + tick * tickMs + jitter,
      })
      if (batch.length === size) {
        yield batch
        batch = []
      }
    }
  if (batch.length > 0) yield batch
}

/** Percentages with one decimal, byte counts in pages, rates that rest half of the time, constants. */
function next(walk: number[], field: number, random: () => number): number {
  const before = walk[field] as number
  if (field === fields.length - 1) return (before % 8) + 1
  if (field % 3 === 0) walk[field] = Math.max(0, Math.min(1000, before + Math.floor(random() * 21) - 10))
  else if (random() < 0.5) walk[field] = Math.floor(random() * 1000)
  const now = walk[field] as number
  return field % 3 === 0 ? now / 10 : field % 3 === 1 ? now * 4096 : now
}

/** Mulberry32: small, seeded, good enough for load. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const uuid = (random: () => number) =>
  '00000000-0000-4000-8000-000000000000'.replace(/0/g, () => Math.floor(random() * 16).toString(16))
