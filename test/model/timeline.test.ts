import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type CloudEvent, nativeEvent, type Phase } from '../../model/event.ts'
import { type ActionFold, actionKey, foldOf, instanceAction, merge, outcomeOf, resultAt } from '../../model/timeline.ts'

const time = Date.UTC(2026, 10, 22, 12)
let count = 0
const event = (type: string, phase: Phase, after: number, more: Partial<CloudEvent> = {}): CloudEvent => ({
  ...nativeEvent({ id: `m${count++}`, type, time: time + after, service: 'nova', publisher: 'compute.hv-1' }),
  ...{ format: 'versioned', phase, actor: 'anna', request: 'req-1', resource: { kind: 'instance', id: 'i-1' } },
  ...more,
})
const fold = (events: readonly CloudEvent[]): ActionFold =>
  events
    .filter((one) => actionKey(one) !== null)
    .map(foldOf)
    .reduce(merge)

const resize = [
  event('scheduler.select_destinations', 'end', 10),
  event('instance.exists', null, 20),
  event('instance.update', null, 30),
  event('instance.resize_prep', 'start', 40, { address: '10.0.0.9' }),
  event('instance.resize_prep', 'end', 50),
  event('instance.resize', 'start', 60),
  event('instance.resize', 'end', 70, { host: 'hv-1' }),
  event('instance.resize_finish', 'start', 80),
  event('instance.resize_finish', 'end', 90, { host: 'hv-2' }),
]

describe('an action', () => {
  const gives = (title: string, events: readonly CloudEvent[], verb: string, result: string) =>
    it(`${title}: ${verb} ${result}`, () => {
      const outcome = outcomeOf(fold(events))
      assert.deepEqual([outcome.verb, outcome.result], [verb, result])
    })
  gives('all steps of a resize', resize, 'instance.resize', 'ok')
  gives('a resize on its way', resize.slice(0, 7), 'instance.resize', 'open')
  gives(
    'a migration that arrived',
    [
      event('instance.live_migration_pre', 'start', 0),
      event('instance.live_migration_pre', 'end', 1),
      event('instance.live_migration_post', 'end', 2),
    ],
    'instance.live_migration',
    'ok',
  )
  gives(
    'a migration that was rolled back',
    [event('instance.live_migration_pre', 'start', 0), event('instance.live_migration_rollback', 'end', 5)],
    'instance.live_migration',
    'failed',
  )
  gives(
    'a create that was tried elsewhere',
    [
      event('instance.create', 'start', 0),
      event('instance.create', 'error', 1),
      event('instance.create', 'start', 2),
      event('instance.create', 'end', 3),
    ],
    'instance.create',
    'ok',
  )
  gives(
    'a create without a host',
    [event('instance.create', 'start', 0), event('compute_task.build_instances', 'error', 1)],
    'instance.create',
    'failed',
  )
  gives(
    'a delete whose end was told though it failed',
    [event('instance.delete', 'start', 0), event('instance.delete', 'end', 1), event('compute.exception', null, 1)],
    'instance.delete',
    'failed',
  )
  gives(
    'a shelve with its offload',
    [
      event('instance.shelve', 'start', 0),
      event('instance.shelve', 'end', 1),
      event('instance.shelve_offload', 'start', 1),
      event('instance.shelve_offload', 'end', 2),
    ],
    'instance.shelve',
    'ok',
  )
  gives(
    'a shutdown inside a delete',
    [
      event('instance.delete', 'start', 0),
      event('instance.shutdown', 'start', 1),
      event('instance.shutdown', 'end', 2),
      event('instance.delete', 'end', 3),
    ],
    'instance.delete',
    'ok',
  )
  gives('a rename', [event('instance.update', null, 0)], 'instance.update', 'ok')
  gives('an upload that failed', [event('image.upload', null, 0, { priority: 'ERROR' })], 'image.upload', 'failed')
  gives(
    'a sign-in that was refused',
    [event('identity.authenticate', null, 0, { service: 'keystone', facts: { outcome: 'failure' } })],
    'identity.authenticate',
    'failed',
  )

  const api = (facts: Record<string, string | null>) =>
    ({ ...event(instanceAction, null, 5), format: 'native', facts }) as CloudEvent
  gives(
    'what the API says of a stop',
    [api({ action: 'stop', message: null, result: 'Success', finished: '2026-11-22T12:00:09Z' })],
    'instance.power_off',
    'ok',
  )
  gives(
    'what the API says of a resize',
    [api({ action: 'resize', message: 'Error', result: null, finished: null }), ...resize.slice(0, 3)],
    'instance.resize',
    'failed',
  )
  gives(
    'what the API says of one under way',
    [api({ action: 'live-migration', message: null, result: null, finished: null })],
    'instance.live_migration',
    'open',
  )

  it('keeps who, from where, when, and the host that it ended on', () => {
    const told = fold(resize)
    assert.deepEqual(
      [told.actor?.[1], told.address?.[1], told.host?.[1], told.first - time, told.last - time],
      ['anna', '10.0.0.9', 'hv-2', 10, 90],
    )
  })

  it('is running until it is due, and then nobody knows', () => {
    const outcome = outcomeOf(fold(resize.slice(0, 7)))
    assert.equal(resultAt(outcome, time + 60_000), 'running')
    assert.equal(resultAt(outcome, time + 5 * 3_600_000), 'unknown')
  })

  it('says why it failed', () => {
    const failed = event('instance.create', 'error', 1, {
      instance: { fault: { type: 'NoValidHost', message: 'No valid host' } },
    })
    assert.equal(fold([event('instance.create', 'start', 0), failed]).reason?.[1], 'No valid host')
  })

  it('is the same for any order and any repetition of its events', () => {
    const whole = fold(resize)
    const some = fc.array(fc.nat(resize.length - 1), { maxLength: 12 })
    fc.assert(
      fc.property(fc.shuffledSubarray(resize, { minLength: resize.length }), some, (shuffled, again) => {
        assert.deepEqual(fold([...shuffled, ...again.map((n) => resize[n] as CloudEvent)]), whole)
      }),
      { numRuns: 200 },
    )
  })

  it('is the same however its events are cut into batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: resize.length - 1 }), (cut) => {
        assert.deepEqual(merge(fold(resize.slice(0, cut)), fold(resize.slice(cut))), fold(resize))
      }),
    )
  })
})

describe('the key of an action', () => {
  const gives = (title: string, given: CloudEvent, root: string | null) =>
    it(title, () => assert.equal(actionKey(given)?.root ?? null, root))
  gives('is its request', event('instance.create', 'start', 0), 'req-1')
  gives('is the request that a service acted for', event('volume.attach', 'end', 0, { globalRequest: 'req-9' }), 'req-9')
  gives(
    'is the message where no request is told',
    event('image.create', null, 0, { id: 'x', request: null, service: 'glance' }),
    'event:x',
  )
  gives('is none for an audit', event('instance.exists', null, 0), null)
  gives('is none for what nobody asked for', event('instance.update', null, 0, { actor: null }), null)
  gives(
    'is none for what a hypervisor tells',
    nativeEvent({ id: 'y', type: 'domain.stopped', time, service: 'libvirt', publisher: 'hv-1' }),
    null,
  )
})
