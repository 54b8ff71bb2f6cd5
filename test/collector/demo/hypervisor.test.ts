import assert from 'node:assert/strict'
import { join } from 'node:path'
import { collectHistory, steppedClock } from '../../../collector/demo/history.ts'
import { type DemoHypervisor, startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { libvirtCollector } from '../../../collector/libvirt/collect.ts'
import { systemClock } from '../../../model/clock.ts'
import type { Sample } from '../../../model/sample.ts'
import { captured } from '../../support/captured.ts'
import { demoDomains } from '../../support/demo-domains.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const hour = 3_600_000
const noon = Date.UTC(2026, 10, 22, 12)
const domains = demoDomains('steady', 'idle', 'busy', 'victim', 'failing')
const [steady, idle, busy, victim, failing] = domains.map(({ uuid }) => uuid)

describe('the demo hypervisor', () => {
  const directory = temporaryDirectory()
  let sockets = 0
  const path = () => join(directory(), `${sockets++}.sock`)

  /** The collector's own view of some hours of demo. */
  async function history(hours: number, seed = 'demo') {
    const seen = captured()
    const clock = steppedClock(noon)
    const demo = await startDemoHypervisor({ socketPath: path(), host: 'kvm-1', domains, clock, seed, origin: noon })
    const config = { uri: demo.uri, host: 'kvm-1', interval: 30_000, timeout: 5000, chunk: 2 }
    try {
      await collectHistory({ config, deps: seen, clock, from: noon, to: noon + hours * hour, step: 30_000 })
    } finally {
      await demo.close()
    }
    return seen
  }

  const values = (samples: readonly Sample[], instance: string | undefined, field: string) =>
    samples
      .filter((s) => s.measurement === 'instance' && s.tags.instance === instance)
      .map(({ time, fields }) => ({ time, value: fields[field] }))
  const mean = (list: readonly { value: number | undefined }[]) => {
    const known = list.flatMap(({ value }) => value ?? [])
    return known.reduce((sum, value) => sum + value, 0) / known.length
  }

  it('has a past that the real collector makes in a moment, the same each time', async () => {
    const [first, second] = [await history(1), await history(1)]
    const sorted = (samples: Sample[]) => samples.map((sample) => JSON.stringify(sample)).sort()
    assert.deepEqual(sorted(first.samples), sorted(second.samples))
    assert.equal(values(first.samples, steady, 'state').length, 121)
    const other = await history(1, 'another seed')
    assert.notDeepEqual(sorted(first.samples), sorted(other.samples))
  })

  it('shows each kind of guest for what it is', async () => {
    const { samples, events } = await history(6)
    assert.ok(mean(values(samples, idle, 'cpu_percent')) < 5)
    const working = values(samples, busy, 'cpu_percent').filter(({ value }) => (value ?? 0) > 80)
    assert.ok(working.length > 50 && working.length < 600, `busy in ${working.length} of 721 polls`)
    const times = new Set(working.map(({ time }) => time))
    const steal = values(samples, victim, 'steal_percent').filter(({ value }) => value !== undefined)
    const during = mean(steal.filter(({ time }) => times.has(time)))
    const otherwise = mean(steal.filter(({ time }) => !times.has(time)))
    assert.ok(during > 15 && otherwise < 6, `steal ${during} % against ${otherwise} %`)
    const crashes = events.filter(({ type }) => type === 'domain.crashed')
    assert.ok(crashes.length >= 14 && crashes.length <= 19, `${crashes.length} crashes in six hours`)
    assert.ok(events.every(({ resource }) => resource?.id === failing))
    const down = values(samples, failing, 'state').filter(({ value }) => value === 5)
    assert.ok(Math.abs(down.length - crashes.length * 6) <= crashes.length + 6, `${down.length} polls down`)
  })

  it('never makes a figure that a real hypervisor could not show', async () => {
    const { samples } = await history(3)
    for (const { measurement, fields } of samples)
      for (const [field, value] of Object.entries(fields)) {
        assert.ok(Number.isFinite(value) && value >= 0, `${measurement} ${field} = ${value}`)
        if (/^(cpu|steal|iowait)_percent$/.test(field)) assert.ok(value <= 100, `${field} = ${value}`)
      }
    for (const { fields } of samples.filter((s) => s.measurement === 'instance'))
      assert.ok((fields.memory_used_bytes ?? 0) <= (fields.memory_available_bytes ?? 0))
  })

  describe('while it runs', () => {
    let demo: DemoHypervisor
    const stop = () => new AbortController()

    it('tells at once what is done to its guests', async () => {
      const seen = captured()
      const abort = stop()
      demo = await startDemoHypervisor({ socketPath: path(), host: 'kvm-1', domains: domains.slice(0, 2), clock: systemClock })
      const config = { uri: demo.uri, host: 'kvm-1', interval: hour, timeout: 5000, chunk: 25 }
      const running = libvirtCollector(config, { ...seen, clock: systemClock }).run(abort.signal)
      try {
        await seen.await(() => seen.samples.find(({ measurement }) => measurement === 'hypervisor'))
        const state = (uuid: string | undefined, wanted: number) => () =>
          seen.samples.findLast((s) => s.tags.instance === uuid && 'state' in s.fields)?.fields.state === wanted
            ? true
            : undefined
        demo.set(steady ?? '', { power: 'paused' })
        await seen.await(state(steady, 3))
        demo.set(steady ?? '', { power: 'running' })
        await seen.await(state(steady, 1))
        demo.set(idle ?? '', { power: 'stopped' })
        await seen.await(state(idle, 5))
        demo.add({ ...(domains[2] as (typeof domains)[number]) })
        await seen.await(state(busy, 1))
        await seen.await(() => seen.instances.find(({ id, name }) => id === busy && name === 'busy <3>'))
        demo.remove(idle ?? '')
        await seen.await(() => seen.events.find(({ type }) => type === 'domain.undefined'))
        assert.deepEqual(
          seen.events.map(({ type }) => type),
          ['suspended', 'resumed', 'stopped', 'defined', 'started', 'undefined'].map((kind) => `domain.${kind}`),
        )
      } finally {
        abort.abort()
        await running
        await demo.close()
      }
    })
  })
})
