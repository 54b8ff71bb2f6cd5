import assert from 'node:assert/strict'
import { startDemoGmond } from '../../../collector/demo/gmond.ts'
import { gangliaCollector } from '../../../collector/ganglia/collect.ts'
import { gangliaSection } from '../../../collector/ganglia/section.ts'
import { systemClock } from '../../../model/clock.ts'
import { captured } from '../../support/captured.ts'

describe('the demo’s gmond', () => {
  it('is read by the real collector, a silent machine with its age', async () => {
    const machine = { address: '10.0.0.9', cpus: 4, memoryKib: 1e6 }
    const silentSince = systemClock.now() - 900_000
    const gmond = await startDemoGmond(
      'demo',
      [
        { name: 'a', ...machine },
        { name: 'b', ...machine, silentSince },
      ],
      systemClock,
    )
    const seen = captured()
    const abort = new AbortController()
    const [source] = gangliaSection.parse([{ name: 'demo', addresses: [`127.0.0.1:${gmond.port}`] }])
    assert.ok(source)
    const running = gangliaCollector(source, { ...seen, inventory: null, clock: systemClock }).run(abort.signal)
    const of = (name: string) =>
      seen.await(() => seen.samples.find(({ tags }) => tags.machine === name && tags.metric === 'load_one'))
    assert.ok((await of('a')).time > systemClock.now() - 25_000)
    const old = await of('b')
    // an answer tells an age: its way here makes what it tells of that much younger
    assert.ok(old.time <= silentSince + 10_000 && old.time > silentSince - 25_000)
    const numbers = await seen.await(() => (seen.component()?.state === 'ok' ? seen.component()?.numbers : undefined))
    assert.deepEqual([numbers.machines, numbers.silent, numbers.left_out], [2, 1, 0])
    abort.abort()
    await running
    await gmond.close()
  })
})
