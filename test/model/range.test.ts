import assert from 'node:assert/strict'
import { isMonth, monthsAround, parseInstant, parseRange, stepFor } from '../../model/range.ts'

const zone = 'Europe/Rome'
const now = Date.parse('2026-11-22T18:45:00Z')

describe('a time range', () => {
  const means = (text: string, iso: string, at = now) =>
    it(`reads ${text} as ${iso}`, () => assert.equal(new Date(parseInstant(text, at, zone) ?? Number.NaN).toISOString(), iso))

  means('now', '2026-11-22T18:45:00.000Z')
  means('now-6h', '2026-11-22T12:45:00.000Z')
  means('now/d', '2026-11-21T23:00:00.000Z')
  means('now-1M/M', '2026-09-30T22:00:00.000Z')
  means('now/M', '2026-10-31T23:00:00.000Z')
  means('2026-10-01', '2026-09-30T22:00:00.000Z')
  means('2026-10-01T12:00', '2026-10-01T10:00:00.000Z')
  means('2026-10-01 12:00', '2026-10-01T10:00:00.000Z')
  means('2026-10-01T12:00:00Z', '2026-10-01T12:00:00.000Z')
  means('1790000000000', '2026-09-21T14:13:20.000Z')

  it('makes the day on which clocks go back 25 hours long', () => {
    const range = parseRange('2026-10-25', '2026-10-26', now, zone)
    assert.ok(range.ok)
    assert.equal((range.range.to - range.range.from) / 3_600_000, 25)
  })
  it('makes the day on which clocks go forward 23 hours long', () => {
    const range = parseRange('2026-03-29', '2026-03-30', now, zone)
    assert.ok(range.ok)
    assert.equal((range.range.to - range.range.from) / 3_600_000, 23)
  })
  it('cuts last month in the zone, across a change of clocks', () => {
    const range = parseRange('now-1M/M', 'now/M', now, zone)
    assert.ok(range.ok)
    assert.equal((range.range.to - range.range.from) / 3_600_000, 31 * 24 + 1)
    assert.ok(isMonth(range.range, zone))
    assert.deepEqual(monthsAround(range.range.from, zone), {
      previous: '2026-09-01',
      current: '2026-10-01',
      next: '2026-11-01',
      after: '2026-12-01',
    })
  })

  describe('is refused', () => {
    const refused = (from: string, to: string, wrong: string) =>
      it(`with "${from}" to "${to}", and says it is the ${wrong}`, () =>
        assert.deepEqual(parseRange(from, to, now, zone), { ok: false, wrong }))
    refused('yesterday', 'now', 'from')
    refused('now-6h', 'soon', 'to')
    refused('now', 'now-6h', 'order')
    refused('now', 'now', 'order')
    refused('1971-01-01', 'now', 'span')
    refused('now-99999y', 'now', 'from')
    refused('2026-13-01', 'now', 'from')
    refused("1' OR 1=1", 'now', 'from')
    refused('9'.repeat(40), 'now', 'from')
  })

  const step = (hours: number, points: number, ms: number) =>
    it(`is drawn in steps of ${ms / 1000} s for ${hours} h on ${points} points`, () =>
      assert.equal(stepFor({ from: 0, to: hours * 3_600_000 }, points), ms))
  step(1, 560, 10_000)
  step(6, 560, 60_000)
  step(24 * 30, 560, 7_200_000)
  step(24 * 365, 560, 86_400_000)
})
