import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Override, onCallAt, type Rota, type RotaLayer, shiftsOf } from '../../model/rota.ts'
import { parsePeriods } from '../../model/time-period.ts'
import { instantOf, wallTime } from '../../model/wall-clock.ts'

const hour = 3_600_000
const day = 24 * hour
const zone = 'Europe/Rome'
const wall = (text: string) => Date.parse(`${text}Z`)
/** An instant by the wall clock of Rome. */
const rome = (text: string) => instantOf(zone, wall(text))

const layer = (over: Partial<RotaLayer> = {}): RotaLayer => ({
  ...{
    name: 'main',
    members: ['anna', 'bruno', 'carla'],
    begins: wall('2026-01-05T09:00'),
    turnMs: 7 * day,
    ends: null,
    period: null,
  },
  ...over,
})
const rota = (...layers: RotaLayer[]): Rota => ({ name: 'net', zone, layers })
const override = (over: Partial<Override>): Override => ({
  ...{ id: 'o1', rota: 'net', who: 'dora', instead: null, from: 0, to: 0, by: 'ada', comment: '' },
  ...over,
})
const period = (lines: string[]) => {
  const parsed = parsePeriods([{ name: 'p', zone, lines, exclude: [] }])
  assert.ok(parsed.ok)
  return parsed.periods.get('p') ?? null
}

describe('who is on call', () => {
  const at = (title: string, given: Rota, when: number, who: string | null, overrides: Override[] = []) =>
    it(title, () => assert.equal(onCallAt(given, overrides, when).who, who))

  at('nobody before the first turn', rota(layer()), rome('2026-01-05T08:59:59'), null)
  at('the first from the first hand-over on', rota(layer()), rome('2026-01-05T09:00'), 'anna')
  at('the same until the moment of the next', rota(layer()), rome('2026-01-12T08:59:59'), 'anna')
  at('the second from then on', rota(layer()), rome('2026-01-12T09:00'), 'bruno')
  at('the first again after all', rota(layer()), rome('2026-01-26T09:00'), 'anna')
  at('nobody after the layer ended', rota(layer({ ends: wall('2026-02-01T00:00') })), rome('2026-02-01T00:00'), null)
  at('in summer by the clock of summer', rota(layer()), rome('2026-03-30T08:59:59'), 'carla')
  at('and not an hour off', rota(layer()), rome('2026-03-30T09:00'), 'anna')

  const daily = rota(layer({ turnMs: day, begins: wall('2026-03-01T02:30') }))
  it('hands over at the change itself when the clock skips the hour of the hand-over', () => {
    const shifts = shiftsOf(daily, [], rome('2026-03-28T12:00'), rome('2026-03-30T12:00'))
    assert.deepEqual(
      shifts.map(({ from }) => new Date(from).toISOString()),
      ['2026-03-28T11:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    )
  })
  it('hands over once, at the first of the two, when the clock shows the hour twice', () => {
    const shifts = shiftsOf(daily, [], rome('2026-10-24T12:00'), rome('2026-10-26T12:00'))
    assert.deepEqual(
      shifts.map(({ from }) => new Date(from).toISOString()),
      ['2026-10-24T10:00:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    )
  })
  it('has weeks of 167 and 169 hours where the clock is changed', () => {
    const lengths = shiftsOf(rota(layer()), [], rome('2026-01-05T09:00'), rome('2027-01-04T09:00')).map(
      ({ from, to }) => (to - from) / hour,
    )
    assert.deepEqual([...new Set(lengths)].sort(), [167, 168, 169])
    assert.equal(lengths.length, 52)
  })

  const stands = override({ instead: 'bruno', from: rome('2026-01-13T00:00'), to: rome('2026-01-15T00:00') })
  at('whoever stands in', rota(layer()), rome('2026-01-13T00:00'), 'dora', [stands])
  at('until the end of it', rota(layer()), rome('2026-01-15T00:00'), 'bruno', [stands])
  at('only for the one named', rota(layer()), rome('2026-01-13T00:00'), 'bruno', [{ ...stands, instead: 'carla' }])
  at('the last of several', rota(layer()), rome('2026-01-13T00:00'), 'elio', [stands, { ...stands, id: 'o2', who: 'elio' }])
  at('also where nobody would be', rota(layer()), rome('2025-12-03T00:00'), 'dora', [
    override({ from: rome('2025-12-01T00:00'), to: rome('2025-12-05T00:00') }),
  ])

  const nights = layer({
    name: 'nights',
    members: ['nina'],
    turnMs: day,
    begins: wall('2026-01-01T00:00'),
    period: period(['monday 20:00-24:00', 'tuesday 00:00-08:00']),
  })
  at('a later layer where it has somebody', rota(layer(), nights), rome('2026-01-12T22:00'), 'nina')
  at('over midnight', rota(layer(), nights), rome('2026-01-13T07:59:59'), 'nina')
  at('to the very moment of its end', rota(layer(), nights), rome('2026-01-13T08:00'), 'bruno')
  it('has shifts that end where the next begins', () => {
    const shifts = shiftsOf(rota(layer(), nights), [], rome('2026-01-12T12:00'), rome('2026-01-13T12:00'))
    assert.deepEqual(
      shifts.map(({ who, from }) => [who, new Date(wallTime(zone, from)).toISOString().slice(11, 16)]),
      [
        ['bruno', '12:00'],
        ['nina', '20:00'],
        ['bruno', '08:00'],
      ],
    )
  })

  it('tiles any window, and agrees with who is on call at every moment of it', () => {
    const zones = ['Europe/Rome', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Santiago', 'UTC']
    fc.assert(
      fc.property(
        fc.record({
          zone: fc.constantFrom(...zones),
          turnMs: fc.constantFrom(8 * hour, 12 * hour, day, 3 * day, 7 * day),
          begins: fc.integer({ min: wall('2025-01-01T00:00'), max: wall('2026-12-01T00:00') }).map((ms) => ms - (ms % 60_000)),
          from: fc.integer({ min: wall('2025-06-01T00:00'), max: wall('2027-01-01T00:00') }),
          length: fc.integer({ min: 1, max: 20 * day }),
          standsFrom: fc.integer({ min: 0, max: 20 * day }),
          probes: fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 8 }),
        }),
        ({ zone, turnMs, begins, from, length, standsFrom, probes }) => {
          const given: Rota = { name: 'net', zone, layers: [layer({ turnMs, begins })] }
          const overrides = [override({ instead: 'anna', from: from + standsFrom, to: from + standsFrom + 2 * day })]
          const shifts = shiftsOf(given, overrides, from, from + length)
          assert.equal(shifts[0]?.from, from)
          assert.equal(shifts.at(-1)?.to, from + length)
          for (const [index, shift] of shifts.entries()) {
            assert.ok(shift.to > shift.from)
            if (index > 0) assert.equal(shifts[index - 1]?.to, shift.from)
          }
          for (const probe of probes) {
            const moment = from + Math.floor(probe * length)
            const shift = shifts.find((one) => one.from <= moment && moment < one.to)
            assert.equal(shift?.who, onCallAt(given, overrides, moment).who)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
