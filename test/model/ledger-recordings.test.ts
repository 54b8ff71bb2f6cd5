import assert from 'node:assert/strict'
import fc from 'fast-check'
import { systemClock } from '../../model/clock.ts'
import type { CloudEvent } from '../../model/event.ts'
import { advance, type Folded, fold } from '../../model/ledger.ts'
import { clockSkew, compareKeys, sortKey, unknownInstance } from '../../model/ledger-state.ts'
import { type ParityInstance, tenantUsages } from '../../model/parity.ts'
import { isCounted, type Segment } from '../../model/usage.ts'
import { differenceOf } from '../../model/usage-difference.ts'
import { addUsage } from '../../model/usage-rows.ts'
import { assertSameUsage } from '../support/compare-usage.ts'
import { random } from '../support/random.ts'
import { eventsOf, novaUsage, recordings, serversRead, type TenantUsage } from '../support/recordings.ts'

/** Events of each instance, in the order given. */
function byInstance(events: readonly CloudEvent[]): Map<string, CloudEvent[]> {
  const ours = events.filter(({ resource, instance }) => resource?.kind === 'instance' && instance)
  return Map.groupBy(ours, ({ resource }) => resource?.id as string)
}

const foldAll = (events: readonly CloudEvent[]) =>
  new Map([...byInstance(events)].map(([id, its]) => [id, fold(id, its)] as const))

const parityOf = ({ state }: Folded): ParityInstance | [] =>
  state.launchedAt === null || state.project === null
    ? []
    : {
        ...{ id: state.instance, name: state.name, project: state.project, flavor: state.flavor, state: state.state },
        launchedAt: state.launchedAt,
        terminatedAt: state.terminatedAt ?? state.keptTerminatedAt,
      }

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const next = random(seed)
  return list
    .map((one) => [next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}

/** The same for a message and its twin in the other format. */
const factOf = (event: CloudEvent) => `${event.type} ${event.request}`

function assertTiles(segments: readonly Segment[], what: string) {
  for (const [i, { from, to }] of segments.entries()) {
    assert.ok(to === null ? i === segments.length - 1 : to > from, what)
    if (i > 0) assert.equal(segments[i - 1]?.to, from, what)
  }
}

const formats: readonly [string, (event: CloudEvent) => boolean][] = [
  ['both formats', () => true],
  ['legacy messages alone', ({ format }) => format !== 'versioned'],
  ['versioned messages alone', ({ format }) => format !== 'legacy'],
  [
    'legacy messages without updates, as a default cloud sends them',
    ({ format, type }) => format !== 'versioned' && type !== 'instance.update',
  ],
  ['versioned messages without updates', ({ format, type }) => format !== 'legacy' && type !== 'instance.update'],
]

for (const recording of recordings) {
  describe(`the ledger of the recorded run ${recording.name}`, function () {
    this.timeout(60_000)
    const before = serversRead(recording.inventory).events
    const all = [...before, ...eventsOf(recording)].map(({ event }) => event)
    const nova = novaUsage(recording)
    const usagesOf = (folded: Iterable<Folded>) =>
      tenantUsages([...folded].flatMap(parityOf), nova.from, nova.to, systemClock.now()) as unknown as TenantUsage[]
    const told = foldAll(all)
    const after = byInstance(
      [recording.serversAfter.listed, recording.serversAfter.deleted].flatMap((file) =>
        serversRead(file).events.map(({ event }) => event),
      ),
    )

    it('is the same in twenty random orders', () => {
      for (let seed = 1; seed <= 20; seed++) {
        const folded = foldAll(shuffled(all, seed))
        assertSameUsage(usagesOf(folded.values()), nova.usages)
        for (const [id, want] of told) assert.deepEqual(folded.get(id)?.segments, want.segments)
      }
    })

    it('is the same when a tenth of all messages come again, also under another message id', () => {
      const next = random(3)
      const twice = all.flatMap((event) =>
        next() < 0.1 ? [event, next() < 0.5 ? event : { ...event, id: `${event.id}-again` }] : event,
      )
      assert.ok(twice.length > all.length * 1.05)
      const folded = foldAll(shuffled(twice, 4))
      assertSameUsage(usagesOf(folded.values()), nova.usages)
      for (const [id, want] of told) assert.deepEqual(folded.get(id)?.segments, want.segments)
    })

    it("has Nova's parity, and our hours to the skew, when the clocks of hosts differ by up to five seconds", () => {
      for (let seed = 1; seed <= 5; seed++) {
        const next = random(seed)
        const offsets = new Map<string, number>()
        const offsetOf = (publisher: string) => {
          const host = publisher.split(/[.:]/).at(-1) as string
          const offset = offsets.get(host) ?? Math.round((next() - 0.5) * clockSkew)
          offsets.set(host, offset)
          return offset
        }
        const skewed = all.map((event) =>
          event.format === 'native' ? event : { ...event, time: event.time + offsetOf(event.publisher) },
        )
        const folded = foldAll(skewed)
        assertSameUsage(usagesOf(folded.values()), nova.usages)
        for (const [id, want] of told) {
          const segments = folded.get(id)?.segments ?? []
          assertTiles(segments, id)
          const seconds = (its: readonly Segment[]) => held(its, nova).reduce((sum, { from, to }) => sum + (to - from) / 1000, 0)
          assert.ok(Math.abs(seconds(segments) - seconds(want.segments)) <= clockSkew / 1000, id)
        }
      }
    })

    it('tiles time, and finds no witness that disagrees', () => {
      for (const [id, { segments, discrepancies }] of told) {
        assertTiles(segments, id)
        assert.deepEqual(discrepancies, [])
      }
    })

    it('has the same sums whatever it is grouped by', () => {
      const portions = [...told.values()]
        .flatMap(({ segments }) => held(segments, nova))
        .map((segment) => ({
          ...segment,
          seconds: (segment.to - segment.from) / 1000,
          running: segment.state === 'running',
        }))
      const totals = (['project', 'user', 'instance', 'flavor', 'host'] as const).map((by) => {
        const rows = addUsage(portions, by)
        const total = (unit: 'hours' | 'vcpuHours' | 'memoryGibHours' | 'diskGibHours') =>
          Math.round(rows.reduce((sum, row) => sum + row[unit], 0) * 1e9)
        return [total('hours'), total('vcpuHours'), total('memoryGibHours'), total('diskGibHours')]
      })
      for (const total of totals) assert.deepEqual(total, totals[0])
    })

    it("leaves nothing of the difference to Nova's figure unexplained", () => {
      for (const { state, segments } of told.values()) {
        const difference = differenceOf(
          { ...state, id: state.instance, terminatedAt: state.terminatedAt ?? state.keptTerminatedAt, keptTerminated: false },
          held(segments, nova),
          nova,
        )
        const sum = (unit: 'hours' | 'vcpuHours') => difference.causes.reduce((total, cause) => total + cause[unit], 0)
        assert.ok(Math.abs(sum('hours') - (difference.ledgerHours - difference.parityHours)) < 1e-12)
        assert.ok(Math.abs(sum('vcpuHours') - (difference.ledgerVcpuHours - difference.parityVcpuHours)) < 1e-12)
        for (const cause of difference.causes) {
          assert.equal(cause.kind, 'relaunched')
          assert.ok(cause.event, `${state.instance}: a launch without a cause`)
        }
      }
    })

    for (const [title, sent] of formats)
      it(`equals Nova's answer with ${title}, and with each single end lost once and healed`, () => {
        const heard = all.filter((event) => event.service !== 'nova' || event.format === 'native' || sent(event))
        assertSameUsage(usagesOf(foldAll(heard).values()), nova.usages)
        const want = new Map(nova.usages.flatMap((usage) => usage.server_usages).map((row) => [row.instance_id, row]))
        let lost = 0
        for (const [id, its] of byInstance(heard)) {
          for (const fact of new Set(its.filter(({ phase }) => phase === 'end').map(factOf))) {
            const left = its.filter((event) => event.phase !== 'end' || factOf(event) !== fact)
            const healed = fold(id, [...left, ...(after.get(id) ?? [])])
            assertTiles(healed.segments, `${id} without the end of ${fact}`)
            assertSameRow(usagesOf([healed]), want.get(id), `${id} without the end of ${fact}`)
            lost++
          }
        }
        assert.ok(lost > 400, `${lost} ends`)
      })

    it('gives the same one event at a time', () => {
      for (const [id, its] of byInstance(all)) {
        let state = unknownInstance(id)
        let segments: Segment[] = []
        const seen: CloudEvent[] = []
        for (const next of [...its].sort((a, b) => compareKeys(sortKey(a), sortKey(b)))) {
          seen.push(next)
          const advanced = advance(state, next)
          const folded = advanced.ok ? null : fold(id, seen)
          segments = folded
            ? folded.segments.filter(({ to }) => to !== null)
            : [...segments, ...(advanced.ok ? advanced.closed : [])]
          state = folded?.state ?? (advanced.ok ? advanced.state : state)
        }
        const want = told.get(id) as Folded
        assert.deepEqual(state, want.state)
        assert.deepEqual(state.open ? [...segments, state.open] : segments, want.segments)
      }
    })

    it('has the same ledger and the same parity for any permutation and repetition of the events of any instance', () => {
      const eventful = [...byInstance(all)].sort(([, a], [, b]) => b.length - a.length).slice(0, 40)
      fc.assert(
        fc.property(
          fc.constantFrom(...eventful).chain(([id, its]) =>
            fc.tuple(
              fc.constant(id),
              fc.array(fc.constantFrom(...its), { maxLength: 20 }).chain((again) => {
                const list = [...its, ...again]
                return fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })
              }),
            ),
          ),
          ([id, events]) => {
            const folded = fold(id, events)
            const want = told.get(id) as Folded
            assert.deepEqual(folded, want)
            assert.deepEqual(usagesOf([folded]), usagesOf([want]))
          },
        ),
        { numRuns: 60 },
      )
    })
  })
}

/** Segments that count, clipped to the window. */
const held = (segments: readonly Segment[], { from, to }: { from: number; to: number }) =>
  segments
    .filter(isCounted)
    .map((segment) => ({ ...segment, from: Math.max(segment.from, from), to: Math.min(segment.to ?? to, to) }))
    .filter((segment) => segment.to > segment.from)

/** Nova's row of one instance, or that it has none. */
function assertSameRow(ours: readonly TenantUsage[], want: TenantUsage['server_usages'][number] | undefined, what: string) {
  const row = ours[0]?.server_usages[0]
  if (!want) return assert.equal(row, undefined, what)
  assert.ok(row && Math.abs(row.hours - want.hours) * 3600 < 1, `${what}: ${row?.hours} h, Nova ${want.hours} h`)
  const facts = ({ flavor, name, vcpus, memory_mb, local_gb, started_at, ended_at, state }: typeof want) => ({
    flavor,
    name,
    vcpus,
    memory_mb,
    local_gb,
    started_at,
    ended_at,
    state,
  })
  assert.deepEqual(facts(row), facts(want), what)
}
