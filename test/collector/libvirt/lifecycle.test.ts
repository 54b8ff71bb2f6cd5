import assert from 'node:assert/strict'
import { domainFact, missedEvent, Repetitions } from '../../../collector/libvirt/lifecycle.ts'
import { planChunks } from '../../../collector/libvirt/monitor-reading.ts'
import { Outbox } from '../../../collector/libvirt/outbox.ts'
import { captured } from '../../support/captured.ts'

const domain = { name: 'instance-1', uuid: '00000000-0000-4000-8000-000000000001', id: 3 }
const context = { host: 'hv-01', time: 1_800_000_000_000, project: 'p', user: 'u', name: 'web' }
const fact = (reason = 'crashed') => domainFact({ kind: 'stopped', reason, domain }, context)

describe('an event of libvirt', () => {
  it('becomes a fact about the instance', () => {
    assert.deepEqual(fact(), {
      id: `libvirt:hv-01:${domain.uuid}:3:stopped:crashed:1800000000000`,
      ...{ type: 'domain.stopped', phase: null, format: 'native', service: 'libvirt', time: 1_800_000_000_000 },
      ...{ priority: 'ERROR', publisher: 'libvirt.hv-01', resource: { kind: 'instance', id: domain.uuid } },
      ...{ project: 'p', user: 'u', actor: null, actorProject: null, host: 'hv-01', request: null },
      facts: { domain: 'instance-1', name: 'web', reason: 'crashed' },
    })
    assert.equal(fact('destroyed').priority, 'INFO')
  })

  it('is one, also when a reset is told three times', () => {
    const repetitions = new Repetitions()
    const told = (at: number) => repetitions.isRepeated({ kind: 'reboot', reason: '', domain }, at)
    assert.deepEqual([told(0), told(3), told(9), told(5000)], [false, true, true, false])
    assert.equal(repetitions.isRepeated({ kind: 'suspended', reason: '', domain }, 5001), false)
  })
})

describe('what happened while nobody listened', () => {
  const tells = (before: [number, number], now: [number, number], kind: string | null) =>
    it(`state ${before[0]} of life ${before[1]}, then ${now[0]} of ${now[1]}: ${kind ?? 'nothing'}`, () => {
      const event = missedEvent(domain, { state: before[0], id: before[1] }, { state: now[0], id: now[1] })
      assert.equal(event?.kind ?? null, kind)
    })
  tells([1, 3], [1, 3], null)
  tells([1, 3], [5, -1], 'stopped')
  tells([1, 3], [3, 3], 'suspended')
  tells([3, 3], [1, 3], 'resumed')
  tells([5, -1], [1, 4], 'started')
  tells([1, 3], [1, 4], 'started')
  tells([1, 3], [6, -1], 'crashed')
})

describe('events on their way to the journal', () => {
  it('wait, in order, while the journal refuses them', async () => {
    const { intake, events } = captured()
    const outbox = new Outbox()
    outbox.add(fact('destroyed'))
    const refusing = { ...intake, events: () => Promise.reject(new Error('disk full')) }
    await assert.rejects(outbox.deliver(refusing), /disk full/)
    outbox.add(fact('saved'))
    await outbox.deliver(intake)
    await outbox.deliver(intake)
    assert.deepEqual(
      events.map(({ facts }) => facts?.reason),
      ['destroyed', 'saved'],
    )
  })

  it('are bounded: the oldest go first, and are counted', () => {
    const outbox = new Outbox()
    for (let i = 0; i < 10_003; i++) outbox.add(fact())
    assert.deepEqual([outbox.size, outbox.dropped], [10_000, 3])
  })
})

describe('the chunks of a poll', () => {
  it('are as even as they can be', () => {
    const sizes = (n: number) => planChunks(Array.from({ length: n }), 25).map(({ length }) => length)
    assert.deepEqual([sizes(0), sizes(1), sizes(50), sizes(100)], [[], [1], [17, 17, 16], [25, 25, 25, 25]])
  })
})
