import assert from 'node:assert/strict'
import { completeLists } from '../../../collector/openstack/complete-lists.ts'
import {
  type AskedNova,
  inventoryDifferences,
  type KnownInstance,
  usageDifferences,
} from '../../../collector/openstack/differences.ts'
import { changesSince, deafSince, fullListDue, restAfter } from '../../../collector/openstack/due.ts'
import { missingFrom, type Open } from '../../../collector/openstack/missing.ts'
import { isNews, isNewsOfInstance } from '../../../collector/openstack/novelty.ts'
import { type CloudEvent, nativeEvent } from '../../../model/event.ts'
import { fold } from '../../../model/ledger.ts'
import type { LedgerState } from '../../../model/ledger-state.ts'
import type { NovaUsage } from '../../../openstack/tenant-usage.ts'

const hour = 3_600_000
const start = Date.UTC(2026, 10, 24)

describe('everything is read', () => {
  const due = (title: string, last: number | null, now: number, wanted: boolean, schedule = { every: 24 * hour, hour: 3 }) =>
    it(title, () => assert.equal(fullListDue(last, schedule, now), wanted))
  due('at once when it never was', null, start, true)
  due('not before the hour', start - 20 * hour, start + 2.9 * hour, false)
  due('at the hour', start - 20 * hour, start + 3 * hour, true)
  due('later when it was missed', start - 20 * hour, start + 9 * hour, true)
  due('once a day', start + 3.1 * hour, start + 26 * hour, false)
  due('more often when it is told so', start + 3.1 * hour, start + 5 * hour, true, { every: hour, hour: 3 })

  it('again when the bus was not heard since, but not when it never was read', () =>
    assert.deepEqual(
      [deafSince(start, start + 1), deafSince(start, start - 1), deafSince(start, null), deafSince(null, start)],
      [...[true, false, false, false]],
    ))
  it('for no more than a twentieth of the time, and hourly when it lacks something', () =>
    assert.deepEqual([restAfter(60_000, false), restAfter(60_000, true)], [20 * 60_000, hour]))

  it('and changes from well before the last reading on', () => assert.equal(changesSince(start, 300_000), start - 600_000))
})

describe('the lists of several clouds', () => {
  it('are one when all are there, as old as the oldest', () => {
    const together = completeLists(['a', 'b'])
    assert.equal(together.put('a', 'instance', { readAt: 5, ids: ['1', '2'] }), null)
    assert.equal(together.put('a', 'volume', { readAt: 5, ids: [] }), null)
    assert.deepEqual(together.put('b', 'instance', { readAt: 3, ids: ['2', '3'] }), { readAt: 3, ids: ['1', '2', '3'] })
  })

  it('count once: the next union needs every cloud again', () => {
    const together = completeLists(['a', 'b'])
    together.put('a', 'instance', { readAt: 1, ids: ['old'] })
    together.put('a', 'instance', { readAt: 2, ids: ['new'] })
    assert.deepEqual(together.put('b', 'instance', { readAt: 3, ids: [] })?.ids, ['new'])
    assert.equal(together.put('b', 'instance', { readAt: 4, ids: [] }), null)
  })
})

describe('missing is', () => {
  const open = (id: string, toldAt = start): Open => ({ id, project: 'p', host: 'h', toldAt, listedAt: null })
  const readAt = start + hour
  it('what the list lacks', () =>
    assert.deepEqual(
      missingFrom({ readAt, ids: ['a'] }, [open('a'), open('b')]).map(({ id }) => id),
      ['b'],
    ))
  it('not what was heard of while the list was read', () =>
    assert.deepEqual(missingFrom({ readAt, ids: [] }, [open('a', readAt - 1000), { ...open('b'), listedAt: readAt }]), []))
  it('nothing when more than half would be: then rather a region is', () => {
    const many = Array.from({ length: 50 }, (_, i) => open(`i${i}`))
    assert.throws(() => missingFrom({ readAt, ids: ['i0'] }, many), /not 49 of 50 .*is a region missing/)
    assert.equal(missingFrom({ readAt, ids: many.slice(20).map(({ id }) => id) }, many).length, 20)
  })
})

describe('news of an instance is', () => {
  const flavor = { id: null, name: 'm1.tiny', vcpus: 1, memoryMb: 512, rootGb: 1, ephemeralGb: 0 }
  const event = (type: string, time: number, more: Partial<CloudEvent['instance']> = {}, host = 'h1'): CloudEvent =>
    nativeEvent({
      ...{ id: `${type}${time}`, type, time, service: 'nova', publisher: 'x', resource: { kind: 'instance', id: 'i' } },
      ...{ project: 'p', user: 'u', host },
      instance: { name: 'web', flavor, state: 'active', createdAt: start, launchedAt: start + 1000, taskState: null, ...more },
    })
  const known = (...events: CloudEvent[]): LedgerState => fold('i', events).state
  const reading = (more: Partial<CloudEvent['instance']> = {}, host?: string) =>
    event('instance.observed', start + hour, more, host)
  const told = event('instance.create', start + 2000, { flavor: { ...flavor, id: '1' } })

  const is = (title: string, one: CloudEvent, state: LedgerState | null, wanted: boolean) =>
    it(`${wanted ? '' : 'not '}${title}`, () => assert.equal(isNewsOfInstance(one, state), wanted))
  is('what was never heard of', reading(), null, true)
  is('what says the same', reading(), known(told), false)
  is('a second reading', reading(), known(event('instance.observed', start + 100)), false)
  is('another state', reading({ state: 'stopped' }), known(told), true)
  is('another host', reading({}, 'h2'), known(told), true)
  is(
    'another host while a task runs: it may be either end of the way',
    reading({ taskState: 'migrating' }, 'h2'),
    known(told),
    false,
  )
  is('another flavor', reading({ flavor: { ...flavor, vcpus: 2 } }), known(told), true)
  is('a relaunch', reading({ launchedAt: start + 5000 }), known(told), true)
  is('an end', reading({ state: 'deleted', terminatedAt: start + 9000 }), known(told), true)
  is(
    'anything after the end',
    reading(),
    known(told, event('instance.delete', start + 9000, { state: 'deleted', terminatedAt: start + 9000 })),
    false,
  )
  is('what is older than the last word', event('instance.observed', start, { state: 'stopped' }), known(told), false)
  is('another name', reading({ name: 'renamed' }), known(told), true)
  is(
    'life of what was given up',
    reading(),
    { ...known(told), state: 'deleted', terminatedAt: start + 3000, inferredEnd: true, open: null },
    true,
  )
})

describe('news of a volume is', () => {
  const volume = (time: number, status: string, type = 'volume.observed', updatedAt = time): CloudEvent =>
    nativeEvent({
      ...{ id: `${type}${time}`, type, time, service: 'cinder', publisher: 'openstack api' },
      ...{ resource: { kind: 'volume', id: 'v' }, about: { status, sizeGib: 1, updatedAt } },
    })
  const is = (title: string, one: CloudEvent, newest: CloudEvent | null, wanted: boolean) =>
    it(`${wanted ? '' : 'not '}${title}`, () => assert.equal(isNews(one, newest), wanted))
  is('what was never heard of', volume(9, 'available'), null, true)
  is('the same reading again, though its row was touched', volume(9, 'available'), volume(5, 'available'), false)
  is('another status', volume(9, 'in-use'), volume(5, 'available'), true)
  is('the same reading after the bus said something else', volume(9, 'available'), volume(7, 'in-use', 'volume.attach'), true)
  is('what is older than the last word', volume(5, 'in-use'), volume(9, 'available'), false)
  it('the same after a way through JSON with its keys in another order', () => {
    const one = volume(9, 'available')
    const shuffled = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(volume(5, 'available')).reverse())),
    ) as CloudEvent
    assert.equal(isNews(one, shuffled), false)
  })
})

describe('a difference has its cause', () => {
  const usage = (more: Partial<NovaUsage> = {}): NovaUsage => ({
    ...{ instance: 'i', project: 'p', name: 'web', hours: 1, flavor: 'm1.tiny', vcpus: 1, memoryMb: 512, diskGb: 1 },
    ...{ startedAt: start, endedAt: null, state: 'active' },
    ...more,
  })
  const state = (more: Partial<KnownInstance> = {}): KnownInstance => ({
    ...{ state: 'active', host: 'h', launchedAt: start, terminatedAt: null, inferredEnd: false, changedAt: start },
    ...more,
  })
  const compare = (
    ours: NovaUsage[],
    novas: NovaUsage[],
    known: KnownInstance | null,
    asked: AskedNova = null,
    now = start + 24 * hour,
  ) => usageDifferences(ours, novas, new Map(known ? [['i', known]] : []), new Map([['i', asked]]), now)
  const gives = (title: string, found: ReturnType<typeof compare>, what: string, cause: RegExp, explained: boolean) =>
    it(title, () => {
      assert.equal(found.length, 1)
      assert.equal(found[0]?.what, what)
      assert.match(found[0]?.cause ?? '', cause)
      assert.equal(found[0]?.explained, explained)
    })

  it('none where both say the same to the second', () =>
    assert.deepEqual(compare([usage()], [usage({ hours: 1 + 0.9 / 3600 })], state()), []))
  gives('never heard of', compare([], [usage()], null), 'only-api', /never heard of/, false)
  it('never heard of, but lost, when it ended while the journal listened', () => {
    const ended = usage({ endedAt: start + hour })
    const causeSince = (since: number) =>
      usageDifferences([], [ended], new Map(), new Map(), start + 24 * hour, since)[0]?.cause ?? ''
    assert.match(causeSince(start), /its messages were lost/)
    assert.match(causeSince(start + 2 * hour), /before this journal heard its first message/)
  })
  gives('launch not told', compare([], [usage()], state({ launchedAt: null })), 'only-api', /launch was never told/, false)
  gives(
    'archived by Nova',
    compare([usage({ endedAt: start + hour })], [], state({ terminatedAt: start + hour })),
    'only-journal',
    /archived or purged/,
    true,
  )
  gives('deletion lost', compare([usage()], [], state()), 'only-journal', /its deletion was lost/, false)
  gives(
    'relaunch missed',
    compare([usage({ hours: 5 })], [usage({ startedAt: start + 4 * hour })], state()),
    'hours',
    /journal missed a resize/,
    false,
  )
  gives(
    'end lost',
    compare([usage({ hours: 5 })], [usage({ endedAt: start + hour })], state()),
    'hours',
    /its deletion was lost/,
    false,
  )
  gives(
    'end inferred',
    compare([usage({ endedAt: start + 9 })], [usage({ hours: 2, endedAt: start + hour })], state({ inferredEnd: true })),
    'hours',
    /its end was lost and is inferred/,
    false,
  )
  gives('resize missed', compare([usage()], [usage({ vcpus: 2 })], state()), 'flavor', /missed a resize/, false)
  gives(
    'in flight',
    compare([usage()], [usage({ hours: 2 })], state({ changedAt: start + hour }), null, start + hour + 1000),
    'hours',
    /in flight/,
    true,
  )
  gives('another project', compare([usage()], [usage({ project: 'q' })], state()), 'project', /another project/, false)

  it('in the inventory', () => {
    const one = (id: string, changedAt: number | null = null) => ({ id, name: null, project: 'p', changedAt })
    const found = inventoryDifferences('volume', [one('a'), one('b')], [one('a'), one('c'), one('d', start)], start + 1000)
    assert.deepEqual(
      found.map(({ id, what, explained }) => [id, what, explained]),
      [
        ['c', 'only-api', false],
        ['d', 'only-api', true],
        ['b', 'only-journal', false],
      ],
    )
    const [given] = inventoryDifferences('instance', [{ ...one('e'), unbuilt: true }], [], start)
    assert.deepEqual([given?.explained, /^never built/.test(given?.cause ?? '')], [true, true])
  })
})
