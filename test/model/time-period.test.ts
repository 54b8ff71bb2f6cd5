import assert from 'node:assert/strict'
import { nextWithin, parsePeriods, type TimePeriod, within } from '../../model/time-period.ts'
import { fixture } from '../support/fixture.ts'
import { sharedVectors } from '../support/shared-vectors.ts'

interface Case {
  timezone: string
  name: string
  ranges: string[]
  exclude: string[]
  questions: { at: number; in: boolean; next: number; clockChange: boolean; nextCrossesClockChange: boolean }[]
}

const period = (zone: string, lines: string[], exclude: string[] = []): TimePeriod => {
  const texts = [
    { name: 'p', zone, lines, exclude },
    {
      name: 'workhours',
      zone,
      lines: week(['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], '09:00-17:00'),
      exclude: [],
    },
  ]
  const parsed = parsePeriods(texts)
  assert.ok(parsed.ok)
  return parsed.periods.get('p') as TimePeriod
}
const week = (days: string[], hours: string) => days.map((day) => `${day} ${hours}`)
const everyDay = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const at = (iso: string) => Date.parse(iso)

describe('time periods', () => {
  const inside = (zone: string, line: string, iso: string, wanted: boolean) =>
    it(`${iso} is ${wanted ? 'inside' : 'outside'} "${line}" in ${zone}`, () =>
      assert.equal(within(period(zone, [line]), at(iso)), wanted))
  inside('UTC', 'monday 09:00-17:00', '2026-11-23T17:00:00Z', true)
  inside('UTC', 'monday 09:00-17:00', '2026-11-23T17:00:01Z', false)
  inside('Europe/Rome', 'monday 09:00-17:00', '2026-11-23T08:30:00Z', true)
  inside('UTC', 'day -1 00:00-24:00', '2028-02-29T12:00:00Z', true)
  inside('UTC', 'day 31 00:00-24:00', '2026-11-30T12:00:00Z', false)
  inside('UTC', 'friday -1 12:00-13:00', '2026-11-27T12:30:00Z', true)
  inside('UTC', 'thursday 3 november 08:00-20:00', '2026-11-19T09:00:00Z', true)
  inside('UTC', '2026-01-01 / 7 00:00-24:00', '2026-11-26T09:00:00Z', true)
  inside('UTC', 'december 24 - january 2 00:00-24:00', '2026-01-01T09:00:00Z', true)

  it('lets the more special line decide alone', () => {
    const shift = period('UTC', ['monday 00:00-24:00', 'monday 2 10:00-11:00'])
    assert.equal(within(shift, at('2026-11-09T09:00:00Z')), false)
    assert.equal(within(shift, at('2026-11-16T09:00:00Z')), true)
  })

  it('finds the next start after an exclusion', () => {
    const nights = period('UTC', week(everyDay, '00:00-24:00'), ['workhours'])
    assert.equal(nextWithin(nights, at('2026-11-23T10:00:00Z')), at('2026-11-23T17:00:01Z'))
  })

  it('finds a start in the hour that the clock repeats, and skips the one it leaps over', () => {
    const rome = period('Europe/Rome', week(everyDay, '02:15-02:45'))
    assert.equal(nextWithin(rome, at('2026-10-25T00:50:00Z')), at('2026-10-25T01:15:00Z'))
    assert.equal(nextWithin(rome, at('2026-03-29T00:00:00Z')), at('2026-03-30T00:15:00Z'))
  })

  it('says when a period has no next time', () => {
    assert.equal(nextWithin(period('UTC', ['2020-01-01 00:00-24:00']), at('2026-11-22T00:00:00Z')), null)
  })

  it('refuses periods that cannot be understood, all at once', () => {
    const parsed = parsePeriods([
      { name: 'a', zone: 'UTC', lines: ['munday 09:00-17:00', 'monday 9-17', 'monday 17:00-09:00'], exclude: ['b', 'c'] },
      { name: 'b', zone: 'UTC', lines: [], exclude: ['a'] },
      { name: 'd', zone: 'Europe/Atlantis', lines: [], exclude: [] },
    ])
    assert.ok(!parsed.ok)
    assert.deepEqual(parsed.errors, [
      'a: "munday" is not a day',
      'a: no hours at the end of "monday 9-17" (write for example 09:00-17:00)',
      'a: "17:00-09:00" is not a range of hours within one day',
      'b: excludes itself through a → b → a',
      'a: excludes "c", which is not defined',
      'd: "Europe/Atlantis" is not a time zone',
    ])
  })
})

describe('time periods beside a real Nagios', () => {
  const { cases } = JSON.parse(fixture('alerting/timeperiods.json.gz')) as { cases: Case[] }
  // Two periods that the cases exclude and that are not cases themselves.
  const known = [
    { name: 'workhours', ranges: week(['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], '09:00-17:00'), exclude: [] },
    { name: 'dst-gap', ranges: week(everyDay, '02:15-02:45'), exclude: [] },
  ]
  const build = (zone: string) => {
    const own = cases.filter((one) => one.timezone === zone)
    const parsed = parsePeriods([...own, ...known].map(({ name, ranges, exclude }) => ({ name, zone, lines: ranges, exclude })))
    assert.ok(parsed.ok)
    return parsed.periods
  }
  /** Nagios counts a stride in spans of 24 hours from its start: it slips when the clock is changed. Ours counts days. */
  const slips = (one: Case) => one.ranges.some((line) => line.includes('/')) && one.timezone !== 'UTC'

  it('are in and out as it says, but for strides across a clock change', () => {
    const strides: string[] = []
    for (const zone of new Set(cases.map((one) => one.timezone))) {
      const periods = build(zone)
      for (const one of cases.filter((other) => other.timezone === zone))
        for (const question of one.questions) {
          const got = within(periods.get(one.name) as TimePeriod, question.at * 1000)
          if (got !== question.in && slips(one)) strides.push(`${zone} ${one.name} ${question.at}`)
          else assert.equal(got, question.in, `${zone} ${one.name} ${question.at}`)
        }
    }
    assert.equal(strides.length, 17)
  })

  it('come next when it says, wherever no clock change lies on the way', function () {
    this.timeout(60_000)
    let asked = 0
    for (const zone of new Set(cases.map((one) => one.timezone))) {
      const periods = build(zone)
      for (const one of cases.filter((other) => other.timezone === zone && !slips(other)))
        for (const question of one.questions.filter((other) => !other.clockChange && !other.nextCrossesClockChange)) {
          // The day of this one is changed on: Nagios does not see a range of no length on it.
          if (zone === 'Europe/London' && one.name === 'zero' && question.at === 1711843199) continue
          const next = nextWithin(periods.get(one.name) as TimePeriod, question.at * 1000, { nagiosCompatible: true })
          assert.equal((next ?? question.at * 1000) / 1000, question.next, `${zone} ${one.name} ${question.at}`)
          asked++
        }
    }
    assert.ok(asked > 3000)
  })
})

describe('time periods written at random, with the spans of a real Nagios', () => {
  interface Asked {
    name: string
    lines: string[]
    exclude: string[]
    /** Epoch seconds, and whether that is inside. */
    asked: [number, 0 | 1][]
  }
  const { zones } = JSON.parse(fixture('alerting/timeperiods-random.json.gz')) as { zones: { zone: string; periods: Asked[] }[] }
  for (const { zone, periods } of zones)
    it(`hold what it says they hold, in ${zone}`, () => {
      const parsed = parsePeriods(
        periods.map((one) => ({ ...one, zone })),
        { nagiosSpans: true },
      )
      assert.ok(parsed.ok, JSON.stringify(parsed))
      const wrong = periods.flatMap(({ name, lines, asked }) =>
        asked
          .filter(([time, wanted]) => within(parsed.periods.get(name) as TimePeriod, time * 1000) !== (wanted === 1))
          .map(([time]) => `${new Date(time * 1000).toISOString()} ${lines.join('; ')}`),
      )
      assert.deepEqual(wrong, [])
    })

  it('without that setting mean what they say', () => {
    const holds = (line: string, iso: string) => within(period('UTC', [line]), at(iso))
    assert.ok(holds('december 28 - january 3 00:00-24:00', '2027-01-02T12:00:00Z'))
    assert.ok(!holds('2027-01-10 - 2027-01-16 / 2 00:00-24:00', '2027-01-18T12:00:00Z'))
    assert.ok(!holds('february 13 - 30 00:00-24:00', '2027-03-05T12:00:00Z'))
    assert.ok(holds('thursday 4 - tuesday 5 00:00-24:00', '2027-01-30T12:00:00Z'))
  })
})

describe('time periods of Nagios’s own tests', () => {
  interface Unit {
    cases: (Case & { engine: string })[]
  }
  const vectors = sharedVectors<Unit>('timeperiods/unit.json')
  it('hold outside the hour that the clock repeats', () => {
    const one = vectors().cases.find((other) => other.engine === 'nagios')
    assert.ok(one)
    const sundays = period(one.timezone, one.ranges)
    for (const question of one.questions.filter((other) => other.at !== 1256430400)) {
      assert.equal(within(sundays, question.at * 1000), question.in)
      assert.equal((nextWithin(sundays, question.at * 1000) ?? 0) / 1000, question.next)
    }
  })
})
