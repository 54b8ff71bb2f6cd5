/** The collectors of all of them in a process of their own: `node collectors.ts DIRECTORY HOSTS INTERVAL-MS POLLS`. Prints one line of JSON. */
import { join } from 'node:path'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Intake } from '../../../model/contract.ts'
import type { HealthBoard } from '../../../model/health.ts'
import { silentLogger } from '../../support/silent-logger.ts'

const [directory = '', hosts = '1', intervalMs = '30000', polls = '20'] = process.argv.slice(2)
const interval = Number(intervalMs)
const seenAt = new Map<string, number[]>()
let samples = 0
let unwell = 0
const intake: Intake = {
  async samples(batch) {
    samples += batch.length
    for (const { measurement, tags, time } of batch)
      if (measurement === 'hypervisor') seenAt.set(tags.host ?? '', [...(seenAt.get(tags.host ?? '') ?? []), time])
  },
  events: async (batch) => ({ events: batch.length, duplicates: 0, ignored: 0 }),
  park: async () => undefined,
  instances: async () => undefined,
  hypervisor: async () => undefined,
  machines: async () => undefined,
}
const pollMs: number[] = []
const health: HealthBoard = {
  report({ state, numbers }) {
    if (state === 'down' || state === 'degraded') unwell++
    if (numbers?.poll_ms !== undefined) pollMs.push(numbers.poll_ms)
  },
  all: () => [],
  watch: () => () => undefined,
}

const stop = new AbortController()
const logger = silentLogger()
const running = Array.from({ length: Number(hosts) }, (_, n) => {
  const uri = `qemu+unix:///system?socket=${join(directory, `${n}.sock`)}`
  const config = { uri, host: `hv-${n}`, interval, timeout: 5000, chunk: 25 }
  return libvirtCollector(config, { intake, health, logger, clock: systemClock }).run(stop.signal)
})
await systemClock.sleep(interval * 3) // connecting and compiling are done once
const began = { cpu: process.cpuUsage(), samples, at: performance.now() }
let rss = 0
for (let n = 0; n < Number(polls); n++) {
  await systemClock.sleep(interval)
  rss = Math.max(rss, process.memoryUsage().rss)
}
const { user, system } = process.cpuUsage(began.cpu)
const elapsed = performance.now() - began.at
const late = [...seenAt.values()].flatMap((times) =>
  times.slice(1).map((time, i) => Math.max(0, time - (times[i] as number) - interval)),
)
const at = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0
console.log(
  JSON.stringify({
    cpuMsPerPoll: (user + system) / 1000 / (Number(hosts) * Number(polls)),
    samples: samples - began.samples,
    seconds: elapsed / 1000,
    rssMiB: rss / 2 ** 20,
    lateMs: { median: at(late, 0.5), p99: at(late, 0.99), most: at(late, 1) },
    pollMs: { median: at(pollMs, 0.5), p99: at(pollMs, 0.99), most: at(pollMs, 1) },
    unwell,
  }),
)
stop.abort()
await Promise.all(running)
process.exit(0)
