import assert from 'node:assert/strict'
import fc from 'fast-check'
import { availability } from '../../model/availability.ts'
import { deviation, sameHours, usual } from '../../model/baseline.ts'
import { aggregated, aggregations, type Bucket, percentile, shareOf } from '../../model/bucket.ts'
import type { State } from '../../model/check.ts'
import { composed, count, type Needs, needed } from '../../model/compose.ts'
import { heldFor, type Look } from '../../model/held-for.ts'
import { alertsOnlyWithin, judgeWithHysteresis } from '../../model/hysteresis.ts'
import { safePattern } from '../../model/safe-pattern.ts'
import { alerts, judge, parseThreshold, type Threshold } from '../../model/threshold.ts'
import { reaching, trendOf } from '../../model/trend.ts'

const range = (text: string): Threshold => {
  const parsed = parseThreshold(text)
  assert.ok(parsed.ok, text)
  return parsed.threshold
}
const end = fc.integer({ min: -20, max: 20 })
const thresholds = fc
  .tuple(fc.oneof(end, fc.constant(Number.NEGATIVE_INFINITY)), fc.oneof(end, fc.constant(Number.POSITIVE_INFINITY)), fc.boolean())
  .map(([a, b, inside]): Threshold => ({ start: Math.min(a, b), end: Math.max(a, b), inside }))
const buckets = fc
  .array(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 5 }), { maxLength: 8 })
  .map((all) =>
    all.map(
      (values, i): Bucket => ({
        ...{ time: i * 10, sum: values.reduce((a, b) => a + b, 0), count: values.length },
        ...{ min: Math.min(...values), max: Math.max(...values), last: values.at(-1) as number },
      }),
    ),
  )

describe('values over a window', () => {
  it('are no number where there is no sample, and lie between the least and the most otherwise', () => {
    fc.assert(
      fc.property(buckets, fc.constantFrom(...aggregations), (all, how) => {
        const value = aggregated(all, how)
        if (all.length === 0) return value === null
        const [least, most] = [aggregated(all, 'min') as number, aggregated(all, 'max') as number]
        return value !== null && value >= least - 1e-9 && value <= most + 1e-9
      }),
    )
  })
  it('have a 95th percentile that 95 % do not exceed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const p95 = percentile(values, 0.95)
        return values.filter((value) => value <= p95).length >= 0.95 * values.length && values.includes(p95)
      }),
    )
  })
  it('in percent of a whole have no share of nothing', () => {
    const one = (value: number): Bucket => ({ time: 0, sum: value, count: 1, min: value, max: value, last: value })
    assert.equal(shareOf([one(30)], [one(40)])[0]?.sum, 75)
    assert.deepEqual(shareOf([one(30)], [one(0)]), [])
    assert.deepEqual(shareOf([one(30)], []), [])
  })
})

describe('hysteresis', () => {
  const limits = { warn: range('80'), crit: range('95'), warnClear: range('70'), critClear: range('90') }
  const says = (value: number, previous: State | null, state: State) =>
    it(`says ${state} at ${value} after ${previous}`, () => assert.equal(judgeWithHysteresis(value, limits, previous), state))
  says(75, null, 'ok')
  says(75, 'warning', 'warning')
  says(75, 'critical', 'warning')
  says(92, 'critical', 'critical')
  says(92, 'warning', 'warning')
  says(69, 'critical', 'ok')
  says(75, 'unknown', 'ok')

  it('never ends what the thresholds themselves call a problem, and is nothing without clear thresholds', () => {
    const states = fc.constantFrom<State | null>('ok', 'warning', 'critical', 'unknown', null)
    fc.assert(
      fc.property(
        fc.integer({ min: -30, max: 30 }),
        thresholds,
        thresholds,
        thresholds,
        states,
        (value, warn, crit, warnClear, previous) => {
          const rank = (state: State) => ['ok', 'warning', 'critical'].indexOf(state)
          const plain = judge(value, warn, crit)
          assert.equal(judgeWithHysteresis(value, { warn, crit, warnClear: null, critClear: null }, previous), plain)
          assert.ok(rank(judgeWithHysteresis(value, { warn, crit, warnClear, critClear: null }, previous)) >= rank(plain))
        },
      ),
    )
  })
  it('knows which threshold alerts only where another one does', () => {
    fc.assert(
      fc.property(thresholds, thresholds, (inner, outer) => {
        const points = [...Array(161)].map((_, i) => -40 + i / 2)
        const holds = points.every((value) => !alerts(inner, value) || alerts(outer, value))
        assert.equal(alertsOnlyWithin(inner, outer), holds, JSON.stringify([inner, outer]))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('what must hold for a time', () => {
  const looks = (text: string): Look[] =>
    [...text].map((letter, i) => ({
      time: i,
      state: letter === '_' ? null : letter === 'c' ? 'critical' : letter === 'w' ? 'warning' : 'ok',
    }))
  const says = (text: string, ms: number, state: State | null) =>
    it(`${text} for ${ms} is ${state}`, () => assert.equal(heldFor(looks(text), ms)?.state ?? null, state))
  says('ooooc', 2, 'ok')
  says('occc', 2, 'critical')
  says('owcw', 2, 'warning')
  says('oc_c', 2, 'ok')
  says('oww_', 1, null)
  says('cccco', 0, 'ok')

  it('is a problem only if each look of that time was one', () => {
    const letters = fc.array(fc.constantFrom('o', 'w', 'c', '_'), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(letters, fc.nat(12), (given, ms) => {
        const all = looks(given.join(''))
        const held = heldFor(all, ms)
        if (!held || held.state === 'ok') return true
        const bad = all.filter(({ time }) => time >= all.length - 1 - ms)
        return (
          bad.length > ms && bad.every(({ state }) => state === 'critical' || (held.state === 'warning' && state === 'warning'))
        )
      }),
    )
  })
})

describe('a forecast', () => {
  it('of a line is where the line leads, and sure of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 }), (slope, start) => {
        const points = [...Array(10)].map((_, i) => ({ time: i * 1000, value: start + slope * i }))
        const trend = trendOf(points)
        assert.ok(trend)
        const { expected, earliest, latest } = reaching(trend, start + slope * 20, true)
        assert.ok(Math.abs(expected - 11_000) < 1, String(expected))
        assert.ok(earliest <= expected && expected <= latest)
        assert.equal(reaching(trend, start - 1, false).expected, Number.POSITIVE_INFINITY)
      }),
    )
  })
  it('of what only wavers leads nowhere', () => {
    const points = [...Array(40)].map((_, i) => ({ time: i * 1000, value: 50 + (i % 2 === 0 ? 5 : -5) + 0.001 * i }))
    assert.equal(reaching(trendOf(points) as never, 95, true).expected, Number.POSITIVE_INFINITY)
  })
  it('needs three points, and says 0 of what is there already', () => {
    assert.equal(
      trendOf([
        { time: 0, value: 1 },
        { time: 1, value: 2 },
      ]),
      null,
    )
    assert.equal(reaching({ slope: 1, value: 96, time: 0, slopeError: 0, fit: 1 }, 95, true).expected, 0)
  })
})

describe('what is usual', () => {
  it('is asked of the same hour on the wall, whatever clocks did', () => {
    // Monday 26 October 2026, 08:30 in Rome: clocks went back the day before
    const [last] = sameHours(Date.UTC(2026, 9, 26, 7, 30), 1, 'Europe/Rome')
    assert.equal(last?.from, Date.UTC(2026, 9, 19, 6))
  })
  it('is unknown of too few weeks, and never narrower than what counts', () => {
    const rule = { atLeast: 3, least: 1, leastShare: 0.05 }
    assert.equal(usual([10, null, 11, null], rule), null)
    const normal = usual([100, 100, 100, null], rule)
    assert.deepEqual(normal, { mean: 100, spread: 5, weeks: 3 })
    assert.equal(deviation(115, normal as never), 3)
  })
})

describe('checks made of checks', () => {
  const states = fc.array(fc.constantFrom<State | null>('ok', 'warning', 'critical', 'unknown', null), { maxLength: 12 })
  const needs = fc.oneof(
    fc.constantFrom<Needs>('all', 'any'),
    fc.integer({ min: 1, max: 12 }).map((n): Needs => ({ count: n })),
    fc.integer({ min: 1, max: 100 }).map((percent): Needs => ({ percent })),
  )
  it('are never ok without as many good ones as are needed, and of nothing they know nothing', () => {
    fc.assert(
      fc.property(states, needs, (members, need) => {
        const counted = count(members, ['critical'])
        const state = composed(counted, need, need)
        if (members.length === 0) return state === 'unknown'
        if (state === 'ok') return counted.good >= needed(need, members.length)
        return counted.good < needed(need, members.length)
      }),
    )
  })
  it('do not get worse when a member recovers', () => {
    const rank = { ok: 0, warning: 1, nodata: 2, unknown: 2, critical: 3 }
    fc.assert(
      fc.property(states, needs, fc.nat(11), (members, need, at) => {
        if (at >= members.length) return true
        const better = members.map((state, i) => (i === at ? ('ok' as const) : state))
        const of = (all: readonly (State | null)[]) => rank[composed(count(all, ['critical']), need, 'all')]
        return of(better) <= of(members)
      }),
    )
  })
  it('cannot tell where it depends on what is not known', () => {
    assert.equal(composed(count(['ok', null], ['critical']), { count: 2 }, { count: 2 }), 'unknown')
    assert.equal(composed(count(['ok', 'critical', null], ['critical']), 'all', 'all'), 'critical')
    assert.equal(composed(count(['ok', 'ok', 'critical'], ['critical']), { percent: 60 }, 'all'), 'warning')
  })
})

describe('availability', () => {
  it('adds up to the time, whatever happened', () => {
    const change = fc.record({ time: fc.nat(120), to: fc.constantFrom<State>('ok', 'warning', 'critical', 'unknown') })
    const span = fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
    fc.assert(
      fc.property(
        fc.array(change),
        fc.array(span),
        fc.constantFrom<State | null>('ok', 'critical', null),
        (changes, planned, initial) => {
          const ordered = changes.toSorted((a, b) => a.time - b.time)
          const { upMs, downMs, unknownMs, plannedMs, percent } = availability({ from: 10, to: 110 }, initial, ordered, planned)
          assert.equal(upMs + downMs + unknownMs + plannedMs, 100)
          assert.ok(percent === null ? upMs + downMs === 0 : percent >= 0 && percent <= 100)
        },
      ),
    )
  })
  it('does not count what was planned or is not known', () => {
    const changes = [
      { time: 50, to: 'critical' as const },
      { time: 60, to: 'unknown' as const },
      { time: 80, to: 'ok' as const },
    ]
    const there = availability({ from: 0, to: 100 }, 'ok', changes, [{ from: 55, to: 60 }])
    assert.deepEqual(there, { upMs: 70, downMs: 5, unknownMs: 20, plannedMs: 5, percent: (100 * 70) / 75 })
  })
})

describe('patterns over names that tenants choose', () => {
  const refuses = (source: string, why: RegExp) =>
    it(`refuses ${source}`, () => {
      const read = safePattern(source)
      assert.ok(!read.ok)
      assert.match(read.message, why)
    })
  refuses('(a+)+', /repeated group/)
  refuses('(a|aa)*b', /repeated group/)
  refuses('((a?)b){2,}', /repeated group/)
  refuses('(?=a)b', /look-around/)
  refuses('(a)\\1', /back references/)
  refuses('.*a.*b.*c.*', /more than 3/)
  refuses('[a', /does not end/)
  refuses('a)', /unmatched/)
  it('takes the usual ones, anchored', () => {
    const read = safePattern('(?:web|db)-[a-z]{2}\\d+(-old)?')
    assert.ok(read.ok)
    assert.deepEqual(
      ['web-rm12', 'db-mi3-old', 'xweb-rm12', 'web-rm12x'].map((name) => read.pattern.test(name)),
      [true, true, false, false],
    )
  })
  it('is done with the worst name in no time', () => {
    const read = safePattern('.*a.*a.*b')
    assert.ok(read.ok)
    const began = performance.now()
    read.pattern.test('a'.repeat(255))
    assert.ok(performance.now() - began < 500)
  })
})
