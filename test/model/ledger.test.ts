import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CloudEvent, Phase } from '../../model/event.ts'
import { advance, fold } from '../../model/ledger.ts'
import { compareKeys, sortKey, unknownInstance } from '../../model/ledger-state.ts'
import type { Segment } from '../../model/usage.ts'
import { born, event, gone, large, small, told } from '../support/instance-events.ts'

describe('the ledger of an instance', () => {
  const tells = (title: string, events: readonly CloudEvent[], ...want: string[]) =>
    it(title, () => assert.deepEqual(told(fold('i', events).segments), want))

  tells('counts from the launch, not from the request', born, '0-2 building m1.small -', '2- running m1.small hv-1')
  tells(
    'keeps the hours that Nova forgets when it is resized',
    [
      ...born,
      event(60, 'resize_prep', 'end', { state: 'active', taskState: 'resize_prep', flavor: large, launched: 2 }),
      event(61, 'resize_finish', 'start', { state: 'active', taskState: 'resize_finish', flavor: large, launched: 2 }),
      event(62, 'resize_finish', 'end', { state: 'resized', flavor: large, launched: 62, host: 'hv-2' }),
      event(70, 'resize_confirm', 'end', { state: 'active', flavor: large, launched: 62, host: 'hv-2' }),
    ],
    '0-2 building m1.small -',
    '2-62 running m1.small hv-1',
    '62- running m1.large hv-2',
  )
  tells(
    'keeps the flavor of a resize that failed',
    [
      ...born,
      event(60, 'resize_prep', 'start', { state: 'active', taskState: 'resize_prep', flavor: large, launched: 2 }),
      event(61, 'update', null, { state: 'active', launched: 2 }),
    ],
    '0-2 building m1.small -',
    '2- running m1.small hv-1',
  )
  tells(
    'tells stopped and paused from running',
    [
      ...born,
      event(10, 'power_off', 'end', { state: 'stopped', launched: 2 }),
      event(20, 'power_on', 'end', { state: 'active', launched: 2 }),
      event(30, 'pause', 'end', { state: 'paused', launched: 2 }),
    ],
    '0-2 building m1.small -',
    '2-10 running m1.small hv-1',
    '10-20 stopped m1.small hv-1',
    '20-30 running m1.small hv-1',
    '30- paused m1.small hv-1',
  )
  tells(
    'moves at the end of a live migration, whatever its source says meanwhile',
    [
      ...born,
      event(10, 'live_migration_pre', 'end', { state: 'active', taskState: 'migrating', launched: 2, host: 'hv-2' }),
      event(11, 'live_migration_post_dest', 'end', { state: 'active', launched: 2, host: 'hv-2' }),
      event(11.5, 'live_migration_post', 'end', { state: 'active', launched: 2, host: 'hv-1' }),
    ],
    '0-2 building m1.small -',
    '2-11 running m1.small hv-1',
    '11- running m1.small hv-2',
  )
  tells(
    'ends at the time that the payload states',
    [...born, event(40, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 39 })],
    '0-2 building m1.small -',
    '2-39 running m1.small hv-1',
  )
  tells(
    'does not end with a delete that failed',
    [
      ...born,
      event(40, 'delete', 'start', { state: 'active', taskState: 'deleting', launched: 2 }),
      event(41, 'delete', 'end', { state: 'active', launched: 2 }),
    ],
    '0-2 building m1.small -',
    '2- running m1.small hv-1',
  )
  tells(
    'goes on while soft-deleted, and when it is restored',
    [
      ...born,
      event(10, 'soft_delete', 'end', { state: 'soft-delete', launched: 2 }),
      event(20, 'restore', 'end', { state: 'active', launched: 2 }),
    ],
    '0-2 building m1.small -',
    '2-10 running m1.small hv-1',
    '10-20 soft_deleted m1.small hv-1',
    '20- running m1.small hv-1',
  )
  tells(
    'knows of a life of which only the end was heard',
    [event(40, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 39 })],
    '2-39 running m1.small - (inferred)',
  )
  tells(
    'infers what was before the first word',
    [event(40, 'exists', null, { state: 'active', launched: 2 })],
    '2- running m1.small hv-1 (inferred)',
  )
  tells(
    'closes where it was last heard of when a complete list does not have it',
    [
      ...born,
      event(10, 'power_off', 'end', { state: 'stopped', launched: 2 }),
      event(30, 'exists', null, { state: 'stopped', launched: 2 }),
      gone(60),
    ],
    '0-2 building m1.small -',
    '2-10 running m1.small hv-1',
    '10-30 stopped m1.small hv-1 (inferred)',
  )
  tells(
    'goes on when it is heard of after all',
    [...born, gone(60), event(90, 'exists', null, { state: 'active', launched: 2 })],
    '0-2 building m1.small -',
    '2- running m1.small hv-1',
  )
  tells(
    'believes no list about soft-deleted instances: it leaves them out',
    [...born, event(10, 'soft_delete', 'end', { state: 'soft-delete', launched: 2 }), gone(60)],
    '0-2 building m1.small -',
    '2-10 running m1.small hv-1',
    '10- soft_deleted m1.small hv-1',
  )
})

describe('any history of an instance', () => {
  const states = [
    'building',
    'active',
    'stopped',
    'paused',
    'suspended',
    'rescued',
    'resized',
    'shelved',
    'shelved_offloaded',
    'soft-delete',
    'error',
  ] as const
  const types = [
    'create',
    'update',
    'power_off',
    'resize_finish',
    'rebuild',
    'unshelve',
    'live_migration_post_dest',
    'exists',
    'delete',
  ] as const
  const anyEvent = fc
    .record({
      minutes: fc.integer({ min: 0, max: 200 }),
      type: fc.constantFrom(...types),
      phase: fc.constantFrom<Phase[]>('start', 'end', null),
      state: fc.constantFrom(...states),
      flavor: fc.constantFrom(small, large),
      host: fc.constantFrom('hv-1', 'hv-2', null),
      launched: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
      ends: fc.integer({ min: 0, max: 30 }),
    })
    .map(({ minutes, type, phase, state, flavor, host, launched, ends }) =>
      event(minutes, type, phase, {
        ...{ state, flavor, host },
        ...(launched !== undefined && { launched: Math.min(launched, minutes) }),
        ...(ends === 0 && { terminated: minutes }),
      }),
    )
  const history = fc.array(
    fc.oneof({ weight: 12, arbitrary: anyEvent }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 250 }).map(gone) }),
    { maxLength: 25 },
  )

  it('gives segments that follow each other, each longer than nothing', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { segments } = fold('i', events)
        for (const [i, { from, to }] of segments.entries()) {
          assert.ok(to === null ? i === segments.length - 1 : to > from)
          if (i > 0) assert.ok(((segments[i - 1] as Segment).to as number) <= from)
        }
      }),
    )
  })

  it('gives the same in any order, and however often each word is repeated', () => {
    fc.assert(
      fc.property(
        history.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2, maxLength: events.length * 2 }),
          ),
        ),
        ([events, shuffled]) => assert.deepEqual(fold('i', shuffled), fold('i', events)),
      ),
    )
  })

  it('gives the same one event at a time', () => {
    fc.assert(
      fc.property(history, (events) => {
        let state = unknownInstance('i')
        let segments: Segment[] = []
        const seen: CloudEvent[] = []
        for (const next of [...events].sort((a, b) => compareKeys(sortKey(a), sortKey(b)))) {
          seen.push(next)
          const advanced = advance(state, next)
          if (advanced.ok) {
            state = advanced.state
            segments = [...segments, ...advanced.closed]
          } else {
            const folded = fold('i', seen)
            state = folded.state
            segments = folded.segments.filter(({ to }) => to !== null)
          }
        }
        assert.deepEqual(state.open ? [...segments, state.open] : segments, fold('i', events).segments)
      }),
    )
  })
})
