import assert from 'node:assert/strict'
import { floorToSecond, parseTimestamp } from '../../model/timestamp.ts'

describe('times as OpenStack services write them', () => {
  const reads = (text: unknown, want: string | null) =>
    it(`reads ${JSON.stringify(text)} as ${want}`, () => {
      const time = parseTimestamp(text)
      assert.equal(time === null ? null : new Date(time).toISOString(), want)
    })
  reads('2012-05-08 20:23:48.028195', '2012-05-08T20:23:48.028Z')
  reads('2012-05-08 20:23:48', '2012-05-08T20:23:48.000Z')
  reads('2016-08-31 23:32:11+00:00', '2016-08-31T23:32:11.000Z')
  reads('2012-05-08T20:23:47.985999', '2012-05-08T20:23:47.985Z')
  reads('2012-10-29T13:42:11Z', '2012-10-29T13:42:11.000Z')
  reads('2014-08-04T05:38:59.978898+0000', '2014-08-04T05:38:59.978Z')
  reads('2026-03-29T03:00:00+02:00', '2026-03-29T01:00:00.000Z')
  reads('2026-03-29T03:00:00-0330', '2026-03-29T06:30:00.000Z')
  reads('2026-11-01', '2026-11-01T00:00:00.000Z')
  reads('2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z')
  reads('', null)
  reads(null, null)
  reads(1795363419, null)
  reads('2026-02-30T00:00:00Z', null)
  reads('2026-13-01T00:00:00Z', null)
  reads('yesterday', null)
  reads('2026-11-01T00:00:00 or later', null)

  it('reads the usual shape and any other alike', () => {
    for (let ms = 0; ms < 1000; ms++) {
      const fraction = String(ms).padStart(3, '0')
      const want = Date.UTC(2026, 9, 5, 23, 59, 59, ms)
      assert.equal(parseTimestamp(`2026-10-05T23:59:59.${fraction}`), want)
      assert.equal(parseTimestamp(`2026-10-05 23:59:59.${fraction}999`), want)
      assert.equal(parseTimestamp(`2026-10-05T23:59:59.${fraction}Z`), want)
    }
    for (const odd of [
      '2026-10-05T24:00:00',
      '2026-00-05T10:00:00',
      '2026-10-00T10:00:00',
      '2026-10-05x10:00:00',
      '2026-10-05T10:00:0/',
    ])
      assert.equal(parseTimestamp(odd), null, odd)
  })

  it("cuts to the second as Nova's database does", () => {
    assert.equal(floorToSecond(1_700_000_000_999), 1_700_000_000_000)
  })
})
