/** A real hypervisor with fifty guests, one of which is frozen: what the others lose (nothing), when it is told, when it ends. */
import assert from 'node:assert/strict'
import { libvirtCollector } from '../../collector/libvirt/collect.ts'
import { systemClock } from '../../model/clock.ts'
import { plugin as checkQemu } from '../../plugins/check-qemu/plugin.ts'
import { type Captured, captured } from '../support/captured.ts'
import { type Libvirtd, startLibvirtd } from '../support/libvirtd.ts'
import { needs } from '../support/needs.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const guests = Number(process.env.GUESTS ?? 50)
/** Short beside the 30 s of a real one, so that the test ends. */
const intervalMs = 10_000
const timeoutMs = 3000

describe(`a hypervisor with ${guests} guests of which QEMUs freeze`, function () {
  this.timeout(600_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  const directory = temporaryDirectory()
  const name = (n: number) => `instance-${String(n).padStart(8, '0')}`
  const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  let libvirtd: Libvirtd
  let seen: Captured
  let stop: AbortController
  let running: Promise<void>

  before(async () => {
    libvirtd = await startLibvirtd(directory())
    for (let n = 0; n < guests; n++) libvirtd.create({ name: name(n), uuid: uuid(n), tap: `tapsoak${n}`, restTicks: 36 })
    seen = captured()
    stop = new AbortController()
    const config = { uri: libvirtd.uri, host: 'hv-01', interval: intervalMs, timeout: timeoutMs, chunk: 25 }
    running = libvirtCollector(config, { ...seen, clock: systemClock }).run(stop.signal)
  })
  after(async () => {
    stop?.abort()
    await running
    await libvirtd?.stop()
  })

  /** Times at which QEMU answered for an instance. */
  const answers = (id: string) =>
    seen.samples
      .filter((s) => s.measurement === 'instance' && s.tags.instance === id && 'disk_write_ops' in s.fields)
      .map(({ time }) => time)

  /** `longestGap`: between two readings of the others, ms. */
  const freezes = (title: string, frozen: readonly number[], detail: string, longestGap: number) =>
    it(title, async () => {
      for (let n = 0; n < guests; n++) await seen.await(() => (answers(uuid(n)).length >= 2 ? true : undefined))
      const pids = frozen.map((n) => libvirtd.qemu(name(n)))
      const frozenAt = systemClock.now()
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      let thawedAt = 0
      try {
        await seen.await(() => (seen.component('qemu')?.detail === detail ? true : undefined))
        const found = systemClock.now() - frozenAt
        console.log(`      told after ${(found / 1000).toFixed(1)} s; ${seen.component('libvirt')?.numbers.orphans} stuck calls`)
        assert.ok(found <= Math.max(2 * intervalMs, longestGap) + timeoutMs, `found after ${found} ms`)
        const one = uuid(frozen[0] as number)
        const silent = await seen.await(() =>
          seen.samples.findLast((s) => s.tags.instance === one && (s.fields.qemu_silent_seconds ?? 0) > 10),
        )
        const store = new SamplesInMemory()
        store.samples = [silent]
        const target = { kind: 'instance' as const, id: one, name: null, project: null, host: 'hv-01', instance: null }
        const config = checkQemu.config.parse({})
        const context = { config, target, store, health: seen.health, now: systemClock.now(), signal: stop.signal }
        assert.equal((await checkQemu.run(context))?.state, 'critical')
        await systemClock.sleep(4 * intervalMs)
      } finally {
        thawedAt = systemClock.now()
        for (const pid of pids) process.kill(pid, 'SIGCONT')
      }
      await seen.await(() => (seen.component('qemu')?.state === 'ok' ? true : undefined))
      console.log(`      over ${((systemClock.now() - thawedAt) / 1000).toFixed(1)} s after the thaw`)
      let longest = 0
      for (let n = 0; n < guests; n++) {
        if (frozen.includes(n)) continue
        const times = answers(uuid(n)).filter((time) => time > frozenAt - intervalMs)
        for (const [i, time] of times.entries()) longest = Math.max(longest, time - (times[i - 1] ?? time))
      }
      console.log(`      longest gap between two readings of the others: ${(longest / 1000).toFixed(1)} s`)
      assert.ok(longest < longestGap, `a gap of ${longest} ms`)
      assert.ok((seen.component('libvirt')?.numbers.orphans ?? 99) <= 8)
      for (const n of frozen) assert.ok(!answers(uuid(n)).some((time) => time > frozenAt + timeoutMs && time < thawedAt))
    })
  freezes(
    `tells of one within two intervals and loses no sample of the other ${guests - 1}`,
    [7],
    'QEMU not answering: instance-00000007',
    2 * intervalMs,
  )
  // two calls that are stuck are reason to ask one by one: each further one costs its time-out, once, until it is set apart
  freezes(
    `tells of five, and the other ${guests - 5} wait once, for no longer than five time-outs`,
    [3, 4, 5, 20, 40],
    'QEMU not answering: instance-00000003, instance-00000004, instance-00000005 and 2 more',
    intervalMs + 5 * timeoutMs,
  )

  it('spares the daemon when most of them freeze at once (their storage is gone), says so, and gets all back', async () => {
    const frozen = Array.from({ length: Math.ceil(guests * 0.6) }, (_, n) => libvirtd.qemu(name(n)))
    for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    let most = 0
    try {
      await seen.await(() => (seen.component('libvirt')?.state === 'degraded' ? true : undefined))
      for (let n = 0; n < 5; n++) {
        await systemClock.sleep(intervalMs)
        most = Math.max(most, seen.component('libvirt')?.numbers.orphans ?? 0)
      }
      console.log(`      ${most} stuck calls at the most; ${seen.component('libvirt')?.detail}`)
      assert.ok(most <= 14, `${most} of the daemon's 20 workers are taken`)
      assert.match(seen.component('libvirt')?.detail ?? '', /^\d+ QEMUs were not asked: \d+ calls are stuck/)
      const began = systemClock.monotonic()
      libvirtd.virsh('list')
      assert.ok(systemClock.monotonic() - began < 3000, 'Nova could not get through')
      const states = seen.samples.length
      await seen.await(() =>
        seen.samples.slice(states).some((s) => s.tags.instance === uuid(0) && s.fields.state === 1) ? true : undefined,
      )
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
    }
    await seen.await(() => {
      const [libvirt, qemus] = [seen.component('libvirt'), seen.component('qemu')]
      return libvirt?.state === 'ok' && qemus?.state === 'ok' && libvirt.numbers.orphans === 0 ? true : undefined
    })
    const from = seen.samples.length
    for (let n = 0; n < guests; n++)
      await seen.await(() => seen.samples.slice(from).find((s) => s.tags.instance === uuid(n) && 'disk_write_ops' in s.fields))
  })
})
