import assert from 'node:assert/strict'
import fc from 'fast-check'
import { alerts, judge, parseThreshold, printThreshold, type Threshold } from '../../model/threshold.ts'
import { fixture } from '../support/fixture.ts'
import { sharedVectors } from '../support/shared-vectors.ts'

interface Engines {
  values: number[]
  cases: {
    range: string
    perlModule: { alerts: boolean[] } | null
    cLibrary: { values: number[]; alerts: boolean[] } | null
  }[]
}

const parse = (text: string): Threshold => {
  const parsed = parseThreshold(text)
  assert.ok(parsed.ok, `${text} is a range`)
  return parsed.threshold
}

describe('threshold ranges', () => {
  const says = (range: string, value: number, alert: boolean) =>
    it(`${range} ${alert ? 'alerts' : 'is quiet'} at ${value}`, () => assert.equal(alerts(parse(range), value), alert))
  says('10', -0.1, true)
  says('10', 10, false)
  says('10:', 9.9, true)
  says('~:10', -1e9, false)
  says('@10:20', 10, true)
  says('@10:20', 20.1, false)

  const refuses = (range: string, position: number, message: RegExp) =>
    it(`refuses "${range}" and points at character ${position}`, () => {
      const parsed = parseThreshold(range)
      assert.ok(!parsed.ok)
      assert.equal(parsed.position, position)
      assert.match(parsed.message, message)
    })
  refuses('', 0, /empty/)
  refuses('abc', 0, /not a number/)
  refuses('10%', 2, /not a number/)
  refuses('1:12%', 4, /not a number/)
  refuses('1,5', 1, /not a number/)
  refuses('20:10', 0, /greater than the end/)
  refuses('  10;20', 4, /not a number/)

  it('agrees with the Perl module and the C library wherever both accept a range, and refuses what either refuses', () => {
    const { values, cases } = JSON.parse(fixture('alerting/engines.json.gz')) as Engines
    for (const { range, perlModule, cLibrary } of cases) {
      const parsed = parseThreshold(range)
      assert.equal(parsed.ok, perlModule !== null && cLibrary !== null, `"${range}"`)
      if (!parsed.ok || !perlModule || !cLibrary) continue
      for (const [i, value] of values.entries())
        assert.equal(alerts(parsed.threshold, value), perlModule.alerts[i], `${range} at ${value}`)
      for (const [i, value] of cLibrary.values.entries())
        assert.equal(alerts(parsed.threshold, value), cLibrary.alerts[i], `${range} at ${value}`)
    }
  })

  it('judges critical before warning, as check_cluster does', () => {
    interface Pair {
      warning: string
      critical: string
      value: number
      state: string
    }
    for (const { warning, critical, value, state } of (JSON.parse(fixture('alerting/pairs.json.gz')) as { cases: Pair[] }).cases)
      assert.equal(judge(value, parse(warning), parse(critical)), state.toLowerCase(), `${warning} ${critical} ${value}`)
  })

  it('prints a range that reads back as the same range', () => {
    const bound = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }).map((value) => value || 0)
    const range = fc.record({ a: bound, b: bound, open: fc.constantFrom('', 'start', 'end', 'both'), inside: fc.boolean() })
    fc.assert(
      fc.property(range, ({ a, b, open, inside }) => {
        const start = open === 'start' || open === 'both' ? Number.NEGATIVE_INFINITY : Math.min(a, b)
        const end = open === 'end' || open === 'both' ? Number.POSITIVE_INFINITY : Math.max(a, b)
        assert.deepEqual(parse(printThreshold({ start, end, inside })), { start, end, inside })
      }),
    )
  })
})

describe('threshold ranges of the monitoring plugins’ own tests', () => {
  interface Unit {
    cases: { range: string; valid: boolean; alerts?: { value: number; alert: boolean }[] }[]
    pairs: { warning: string; critical: string; states: { value: number; state: string }[] }[]
  }
  const vectors = sharedVectors<Unit>('ranges/monitoring-plugins-unit.json')
  it('hold', () => {
    for (const { range, valid, alerts: expected = [] } of vectors().cases) {
      const parsed = parseThreshold(range)
      assert.equal(parsed.ok, valid, range)
      if (parsed.ok)
        for (const { value, alert } of expected) assert.equal(alerts(parsed.threshold, value), alert, `${range} ${value}`)
    }
    for (const { warning, critical, states } of vectors().pairs)
      for (const { value, state } of states) assert.equal(judge(value, parse(warning), parse(critical)), state.toLowerCase())
  })
})
