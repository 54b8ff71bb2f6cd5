import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type CloudEvent, nativeEvent, type ResourceFacts } from '../../model/event.ts'
import { advanceResource, foldResource, unknownResource } from '../../model/resource-ledger.ts'
import type { ResourceKind, ResourceSegment } from '../../model/usage.ts'

const born = Date.UTC(2026, 9, 1, 8, 0, 0)
const at = (seconds: number) => born + seconds * 1000
let number = 0

/** `volume.resize.end` told `seconds` after the birth. */
function told(name: string, seconds: number, about: ResourceFacts | null, more: Partial<CloudEvent> = {}): CloudEvent {
  const [, type, phase] = /^(.+?)(?:\.(start|end|error))?$/.exec(name) as unknown as [string, string, 'start' | 'end' | undefined]
  return nativeEvent({
    id: `m${number++}`,
    type,
    phase: phase ?? null,
    format: type.endsWith('.observed') || type.endsWith('.absent') ? 'native' : 'legacy',
    time: at(seconds) + 250,
    service: 'cinder',
    publisher: 'volume.host',
    resource: { kind: type.split('.', 1)[0] as string, id: 'r' },
    project: 'p1',
    user: 'u1',
    ...(about && { about }),
    ...more,
  })
}
const volume = (more: ResourceFacts = {}): ResourceFacts => ({
  name: 'data',
  sizeGib: 10,
  volumeType: 'fast',
  status: 'available',
  instances: [],
  createdAt: born,
  ...more,
})
const inUse = (...instances: string[]) => volume({ status: 'in-use', instances })
const short = ({ from, to, sizeGib, state, project, provenance, type }: ResourceSegment) => {
  const span = `${(from - born) / 1000}-${to === null ? '' : (to - born) / 1000}`
  return `${span} ${sizeGib ?? ''} ${state} ${project} ${type ?? ''} ${provenance}`
}
const lives = (title: string, kind: ResourceKind, events: CloudEvent[], want: string[]) =>
  it(title, () => {
    for (const order of [events, [...events].reverse(), [...events, ...events]])
      assert.deepEqual(foldResource(kind, 'r', order).segments.map(short), want)
  })

describe('the life of a volume', () => {
  const create = () => [told('volume.create.start', 0, volume({ status: 'creating' })), told('volume.create.end', 4, volume())]
  lives(
    'begins at its created_at and counts until its delete.end',
    'volume',
    [...create(), told('volume.delete.end', 100, volume())],
    ['0-100 10 idle p1 fast event'],
  )
  lives(
    'has its new size from resize.end on, whatever the start says',
    'volume',
    [...create(), told('volume.resize.start', 50, volume()), told('volume.resize.end', 60, volume({ sizeGib: 20 }))],
    ['0-60 10 idle p1 fast event', '60- 20 idle p1 fast event'],
  )
  lives(
    'is in use as long as any instance has it',
    'volume',
    [
      ...create(),
      told('volume.attach.start', 9, volume({ status: 'reserved' })),
      told('volume.attach.end', 10, inUse('a')),
      told('volume.attach.end', 20, inUse('a', 'b')),
      told('volume.detach.start', 29, inUse('a', 'b')),
      told('volume.detach.end', 30, inUse('b')),
      told('volume.detach.end', 40, volume()),
    ],
    ['0-10 10 idle p1 fast event', '10-40 10 in_use p1 fast event', '40- 10 idle p1 fast event'],
  )
  lives(
    'goes over to another project and type without a pause',
    'volume',
    [
      ...create(),
      told('volume.transfer.accept.start', 19, volume()),
      told('volume.transfer.accept.end', 20, volume(), { project: 'p2', user: 'u2' }),
      told('volume.retype', 30, volume({ volumeType: 'slow' }), { project: 'p2', user: 'u2' }),
    ],
    ['0-20 10 idle p1 fast event', '20-30 10 idle p2 fast event', '30- 10 idle p2 slow event'],
  )
  lives(
    'is inferred from the created_at of a later word when its creation was lost',
    'volume',
    [told('volume.attach.end', 10, inUse('a'))],
    ['0- 10 in_use p1 fast inferred'],
  )
  lives('is known from its end alone', 'volume', [told('volume.delete.end', 100, volume())], ['0-100 10 idle p1 fast inferred'])
  lives(
    'is not begun anew by a late word after its end',
    'volume',
    [...create(), told('volume.delete.end', 100, volume()), told('volume.update.end', 101, inUse('a'))],
    ['0-100 10 idle p1 fast event'],
  )

  const replayed = { facts: { audit_period_beginning: '2026-10-01 08:01:40', audit_period_ending: '2026-10-01 08:01:40' } }
  lives(
    'is not told twice by an audit that sends its actions again',
    'volume',
    [
      ...create(),
      told('volume.create.end', 3600, volume({ sizeGib: 10 }), { facts: { audit_period_beginning: '2026-10-01 08:00:00' } }),
      told('volume.delete.end', 100, volume()),
      told('volume.delete.end', 3700, volume({ status: 'deleted' }), replayed),
    ],
    ['0-100 10 idle p1 fast event'],
  )
  lives(
    'ends when an audit says it did, where the deletion itself was lost',
    'volume',
    [...create(), told('volume.delete.end', 3700, volume({ status: 'deleted' }), replayed)],
    ['0-100 10 idle p1 fast event'],
  )
  lives(
    'ends where it was last heard of, when an exists calls it deleted',
    'volume',
    [...create(), told('volume.attach.end', 40, inUse('a')), told('volume.exists', 3600, volume({ status: 'deleted' }))],
    ['0-40 10 idle p1 fast inferred'],
  )
  lives(
    'is seconded by an exists that says the same',
    'volume',
    [...create(), told('volume.exists', 3600, volume())],
    ['0- 10 idle p1 fast event'],
  )
  lives(
    'is corrected by an exists where a change was lost',
    'volume',
    [...create(), told('volume.exists', 3600, volume({ sizeGib: 40 }))],
    ['0-3600 10 idle p1 fast event', '3600- 40 idle p1 fast event'],
  )
})

describe('readings of the API', () => {
  const create = () => told('volume.create.end', 4, volume())
  lives('begin a life that nobody told of', 'volume', [told('volume.observed', 500, inUse('a'))], ['0- 10 in_use p1 fast api'])
  lives(
    'correct what is known from their time on',
    'volume',
    [create(), told('volume.observed', 500, volume({ sizeGib: 11 }))],
    ['0-500 10 idle p1 fast event', '500- 11 idle p1 fast api'],
  )
  lives(
    'do not overrule what the service said within the minute before',
    'volume',
    [create(), told('volume.attach.end', 470, inUse('a')), told('volume.observed', 500, volume())],
    ['0-470 10 idle p1 fast event', '470- 10 in_use p1 fast event'],
  )
  const type = '3706aa72-cb65-4971-83e8-48e1477efd1d'
  lives(
    'that know a type by its name only do not change it',
    'volume',
    [told('volume.create.end', 4, volume({ volumeType: type })), told('volume.observed', 500, volume({ volumeType: 'lvm' }))],
    [`0- 10 idle p1 ${type} event`],
  )
  const absent = told('volume.absent', 1000, null)
  lives(
    'that do not have it any more end it where it was last heard of',
    'volume',
    [create(), absent],
    ['0-4 10 idle p1 fast inferred'],
  )
  lives(
    'are no end when it is heard of again',
    'volume',
    [create(), absent, told('volume.attach.end', 2000, inUse('a'))],
    ['0-2000 10 idle p1 fast event', '2000- 10 in_use p1 fast event'],
  )
  lives(
    'are no end for what was told of a moment before',
    'volume',
    [told('volume.create.end', 970, volume({ createdAt: at(970) })), absent],
    ['970- 10 idle p1 fast event'],
  )
  lives(
    'are no end for what has ended',
    'volume',
    [create(), told('volume.delete.end', 50, volume()), absent],
    ['0-50 10 idle p1 fast event'],
  )
})

describe('the lives of images and snapshots', () => {
  const image = (sizeGib: number | null, more: ResourceFacts = {}): ResourceFacts => ({
    name: 'i',
    sizeGib,
    createdAt: born,
    deletedAt: null,
    ...more,
  })
  lives(
    'an image is held without a size until it is uploaded, and ends when its payload says',
    'image',
    [
      told('image.create', 0, image(null, { status: 'queued' })),
      told('image.prepare', 1, image(null)),
      told('image.upload', 9, image(0.5)),
      told('image.activate', 9, image(0.5)),
      told('image.delete', 300, image(0.5, { status: 'deleted', deletedAt: at(290) })),
      told('image.send', 200, null),
    ],
    ['0-9  in_use p1  event', '9-290 0.5 in_use p1  event'],
  )
  lives(
    'a snapshot keeps the size that the volume had',
    'snapshot',
    [
      told('snapshot.create.start', 0, { sizeGib: 6, createdAt: born, status: 'creating' }),
      told('snapshot.create.end', 1, { sizeGib: 6, createdAt: born, status: 'available' }),
      told('snapshot.delete.start', 59, { sizeGib: 6, createdAt: born }),
      told('snapshot.delete.end', 60, { sizeGib: 6, createdAt: born }),
    ],
    ['0-60 6 in_use p1  event'],
  )
})

describe('the life of a floating IP', () => {
  const free = (): ResourceFacts => ({ address: '192.0.2.7', parent: null, createdAt: born })
  const serving = (port: string): ResourceFacts => ({ ...free(), parent: { kind: 'port', id: port } })
  const portGone = (port: string, seconds: number) =>
    told('port.delete.end', seconds, null, { resource: { kind: 'port', id: port } })
  lives(
    'serves from the update that gives it a port to the one that takes it',
    'floatingip',
    [
      told('floatingip.create.end', 0, free()),
      told('floatingip.update.start', 9, null),
      told('floatingip.update.end', 10, serving('a')),
      told('floatingip.update.end', 50, free()),
      told('floatingip.delete.end', 90, null),
    ],
    ['0-10  idle p1  event', '10-50  in_use p1  event', '50-90  idle p1  event'],
  )
  lives(
    'is freed in silence when its port is deleted, and by no other port',
    'floatingip',
    [told('floatingip.create.end', 0, serving('a')), portGone('b', 20), portGone('a', 30)],
    ['0-30  in_use p1  event', '30-  idle p1  event'],
  )
  lives(
    'is not freed by the end of a port that it left before',
    'floatingip',
    [told('floatingip.create.end', 0, serving('a')), told('floatingip.update.end', 20, serving('b')), portGone('a', 30)],
    ['0-  in_use p1  event'],
  )
})

describe('the ledger of a resource, whatever its story', () => {
  const facts = fc.record({
    sizeGib: fc.constantFrom(1, 2, 3),
    volumeType: fc.constantFrom('fast', 'slow'),
    instances: fc.constantFrom<string[]>([], ['a'], ['a', 'b']),
    status: fc.constantFrom('available', 'in-use', 'extending', 'deleted'),
    createdAt: fc.constantFrom(born, null),
  })
  const event = fc
    .record({
      name: fc.constantFrom(
        ...[
          'volume.create.start',
          'volume.create.end',
          'volume.resize.start',
          'volume.resize.end',
          'volume.attach.end',
          'volume.exists',
        ],
        ...[
          'volume.observed',
          'volume.update.end',
          'volume.delete.end',
          'volume.absent',
          'volume.detach.end',
          'volume.attach.end',
        ],
      ),
      seconds: fc.integer({ min: 0, max: 400 }),
      fraction: fc.integer({ min: 0, max: 999 }),
      project: fc.constantFrom('p1', 'p1', 'p2'),
      facts,
    })
    .map(({ name, seconds, fraction, project, facts: about }) => {
      const status = about.status === 'deleted' && name !== 'volume.exists' ? 'in-use' : about.status
      return told(name, seconds, name === 'volume.absent' ? null : { ...about, status }, {
        project,
        time: at(seconds) + fraction,
      })
    })
  const story = fc.array(event, { minLength: 1, maxLength: 14 })
  const orders = story.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2, maxLength: events.length * 2 }),
    ),
  )

  it('is the same in any order, with anything told twice', () => {
    fc.assert(
      fc.property(orders, ([events, shuffled]) => {
        assert.deepEqual(foldResource('volume', 'r', shuffled), foldResource('volume', 'r', events))
      }),
      { numRuns: 2000 },
    )
  })

  it('tiles its life: no gap, no overlap, nothing twice in a row, at most one open end', () => {
    fc.assert(
      fc.property(story, (events) => {
        const { segments, state } = foldResource('volume', 'r', events)
        for (const [i, segment] of segments.entries()) {
          const next = segments[i + 1]
          assert.ok(segment.to === null || segment.to > segment.from)
          assert.ok(segment.from % 1000 === 0)
          if (next) assert.equal(segment.to, next.from)
          else assert.equal(segment.to === null, state.endedAt === null)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is the same one event at a time, folding anew where it must', () => {
    fc.assert(
      fc.property(orders, ([, events]) => {
        let state = unknownResource('volume', 'r')
        let stored = new Map<number, ResourceSegment>()
        const seen: CloudEvent[] = []
        for (const event of events) {
          seen.push(event)
          const advanced = advanceResource(state, event)
          if (advanced.ok) {
            state = advanced.state
            for (const segment of [...advanced.closed, ...(state.open ? [state.open] : [])]) stored.set(segment.from, segment)
          } else {
            const folded = foldResource('volume', 'r', seen)
            state = folded.state
            stored = new Map(folded.segments.map((segment) => [segment.from, segment]))
          }
        }
        const whole = foldResource('volume', 'r', events)
        assert.deepEqual([...stored.values()].sort((a, b) => a.from - b.from).map(short), whole.segments.map(short))
        assert.deepEqual({ ...state, open: null }, { ...whole.state, open: null })
      }),
      { numRuns: 2000 },
    )
  })
})
