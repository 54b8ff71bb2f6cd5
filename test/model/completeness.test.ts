import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dayMs, hourMs, nextAudit } from '../../model/audit-period.ts'
import { type Evidence, gapsOf, isComplete, type Speaker } from '../../model/completeness.ts'
import type { Gap } from '../../model/contract.ts'

const start = Date.UTC(2026, 9, 1)
const now = start + 20 * dayMs + 30 * 60_000
const hourAt = (n: number) => start + n * hourMs
const hours = 20 * 24
const day10 = { from: start + 10 * dayMs, to: start + 20 * dayMs }

const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  now,
  listening: [{ source: 'one', exchange: 'nova', since: start, seenAt: now }],
  absences: [],
  heard: [],
  firstHeard: start,
  lastHeard: now - hourMs,
  audits: [],
  notAudited: [],
  stays: [],
  unread: [],
  lostEnds: [],
  overdue: [],
  listedAt: null,
  ...more,
})

const speaks = (host: string, when: (n: number) => boolean, service = 'neutron'): Speaker[] => [
  {
    service,
    host,
    hours: Array.from({ length: hours }, (_, n) => n)
      .filter(when)
      .map(hourAt),
  },
]

const brief = ({ kind, host, from, to, count }: Gap) => ({
  kind,
  host,
  from: (from - start) / hourMs,
  to: to === null ? null : (to - start) / hourMs,
  count,
})

describe('completeness', () => {
  it('finds nothing against a cloud that speaks every hour', () => {
    assert.deepEqual(gapsOf(day10, evidence({ heard: speaks('hv-1', () => true) })), [])
  })

  it('finds the hours in which a steady speaker said nothing', () => {
    const heard = speaks('hv-1', (n) => n < 300 || n >= 307)
    assert.deepEqual(gapsOf(day10, evidence({ heard })).map(brief), [
      { kind: 'silent', host: 'hv-1', from: 300, to: 307, count: null },
    ])
  })

  it('leaves a silence open that goes on, and closes it after a week', () => {
    const open = gapsOf(day10, evidence({ heard: speaks('hv-1', (n) => n < 450) }))
    assert.deepEqual(open.map(brief), [{ kind: 'silent', host: 'hv-1', from: 450, to: null, count: null }])
    const old = gapsOf({ from: start, to: now }, evidence({ heard: speaks('hv-1', (n) => n < 200) }))
    assert.deepEqual(old.map(brief), [{ kind: 'silent', host: 'hv-1', from: 200, to: 200 + 7 * 24, count: null }])
  })

  it('does not expect what is quiet at night or at weekends', () => {
    const office = speaks('api-1', (n) => n % 24 >= 7 && n % 24 < 19)
    const weekly = speaks('api-2', (n) => Math.floor(n / 24) % 7 < 5)
    const found = gapsOf({ from: start + 9 * dayMs, to: now }, evidence({ heard: [...office, ...weekly] }))
    assert.deepEqual(found.map(brief), [])
  })

  it('judges no hour in which we did not listen', () => {
    const heard = speaks('hv-1', (n) => n < 300 || n >= 307)
    const absences = [
      { source: 'one', exchange: 'nova', from: hourAt(300), to: hourAt(307), cause: 'broker' as const, lost: true },
    ]
    const gaps = gapsOf(day10, evidence({ heard, absences }))
    assert.deepEqual(gaps.map(brief), [{ kind: 'away', host: null, from: 300, to: 307, count: null }])
    assert.equal(isComplete(gaps), false)
  })

  it('is healed by a complete list that was read after it, as far as a list can tell', () => {
    const lost = { source: 'one', exchange: 'nova', from: hourAt(300), to: hourAt(302), cause: 'broker' as const, lost: true }
    const healed = (listedAt: number | null, more: Partial<typeof lost> = {}) =>
      gapsOf(day10, evidence({ absences: [{ ...lost, ...more }], listedAt })).map(({ loss, healedAt }) => [loss, healedAt])
    assert.deepEqual(healed(null), [['possible', undefined]])
    assert.deepEqual(healed(hourAt(301)), [['possible', undefined]])
    assert.deepEqual(healed(hourAt(303)), [['possible', hourAt(303)]])
    assert.deepEqual(healed(hourAt(303), { lost: false }), [['none', undefined]])
    // it is listed as before: what an instance was in between is not in any list
    const gaps = gapsOf(day10, evidence({ absences: [lost], listedAt: hourAt(303) }))
    assert.equal(isComplete(gaps), false)
    const parked = evidence({ unread: [{ service: 'nova', hour: hourAt(300), messages: 2 }], listedAt: hourAt(303) })
    assert.equal(gapsOf(day10, parked)[0]?.healedAt, undefined)
  })

  it('tells an absence in which our queue kept everything from one in which it did not', () => {
    const from = hourAt(300)
    const kept = gapsOf(
      day10,
      evidence({ absences: [{ source: 'one', exchange: 'nova', from, to: from + 5000, cause: 'process', lost: false }] }),
    )
    assert.deepEqual(
      kept.map(({ loss, cause }) => [loss, cause]),
      [['none', 'process']],
    )
    assert.equal(isComplete(kept), true)
  })

  it('says so while nobody listens, and before anybody did', () => {
    const gaps = gapsOf(
      { from: start - dayMs, to: now },
      evidence({ listening: [{ source: 'one', exchange: 'nova', since: start, seenAt: now - hourMs }] }),
    )
    assert.deepEqual(
      gaps.map(({ kind, loss, to }) => [kind, loss, to]),
      [
        ['before', 'possible', start],
        ['away', 'none', null],
      ],
    )
  })

  it('does not claim to know what comes after an import', () => {
    const lastHeard = hourAt(300)
    const gaps = gapsOf(day10, evidence({ listening: [], lastHeard, heard: speaks('hv-1', (n) => n <= 300) }))
    assert.deepEqual(gaps.map(brief), [{ kind: 'away', host: null, from: 301, to: null, count: null }])
    assert.equal(isComplete(gaps), false)
  })

  it('expects nothing of a compute host without instances', () => {
    const heard = speaks('hv-1', (n) => n < 300 || n >= 307, 'nova')
    const stays = [
      { host: 'hv-1', instance: 'a', from: start, to: hourAt(299) },
      { host: 'hv-1', instance: 'b', from: hourAt(307), to: null },
    ]
    assert.deepEqual(gapsOf(day10, evidence({ heard, stays })), [])
    const stayed = [{ host: 'hv-1', instance: 'a', from: start, to: null }]
    assert.equal(gapsOf(day10, evidence({ heard, stays: stayed })).length, 1)
  })

  describe('audits', () => {
    const all = (counts: (n: number) => number | null) => {
      const readings = new Map<number, number>()
      for (let n = 0; n < hours; n++) {
        const instances = counts(n)
        if (instances !== null) readings.set(hourAt(n), instances)
      }
      return [{ host: 'hv-1', length: hourMs, readings }]
    }
    const stays = ['a', 'b', 'c'].map((instance) => ({ host: 'hv-1', instance, from: start, to: null }))
    const heard = speaks('hv-1', () => true, 'nova')

    it('are content when each host reports at least the instances that stayed', () => {
      assert.deepEqual(gapsOf(day10, evidence({ heard, stays, audits: all(() => 3) })), [])
      assert.deepEqual(gapsOf(day10, evidence({ heard, stays, audits: all(() => 5) })), [])
    })
    it('that did not run are one gap with the instances concerned', () => {
      const gaps = gapsOf(day10, evidence({ heard, stays, audits: all((n) => (n >= 300 && n < 303 ? null : 3)) }))
      assert.deepEqual(gaps.map(brief), [{ kind: 'audit', host: 'hv-1', from: 300, to: 303, count: 3 }])
    })
    it('that did not finish say how many instances are missing', () => {
      const gaps = gapsOf(day10, evidence({ heard, stays, audits: all((n) => (n === 300 ? 1 : 3)) }))
      assert.deepEqual(gaps.map(brief), [{ kind: 'audit', host: 'hv-1', from: 300, to: 301, count: 2 }])
      assert.equal(gaps[0]?.cause, 'unfinished')
    })
    it('are not owed by a host whose instances came in the middle of the period', () => {
      const late = [{ host: 'hv-1', instance: 'a', from: hourAt(300) + 60_000, to: hourAt(301) - 60_000 }]
      assert.deepEqual(gapsOf(day10, evidence({ heard, stays: late, audits: all((n) => (n === 300 ? null : 1)) })), [])
    })
    it('of a host that never had any are not expected', () => {
      assert.deepEqual(gapsOf(day10, evidence({ heard, stays })), [])
    })
    it("that Nova's own log says did not run are believed, where there were instances", () => {
      const notAudited = [
        { host: 'hv-1', from: hourAt(300), to: hourAt(301) },
        { host: 'hv-1', from: hourAt(301), to: hourAt(302) },
        { host: 'empty', from: hourAt(300), to: hourAt(301) },
      ]
      assert.deepEqual(gapsOf(day10, evidence({ heard, stays, notAudited })).map(brief), [
        { kind: 'audit', host: 'hv-1', from: 300, to: 302, count: 3 },
      ])
    })
    it('of a month are as long as the month', () => {
      const october = { from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 10, 1) }
      assert.deepEqual(nextAudit(october), { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1) })
      const year = { from: Date.UTC(2023, 0, 1), to: Date.UTC(2024, 0, 1) }
      assert.deepEqual(nextAudit(year), { from: Date.UTC(2024, 0, 1), to: Date.UTC(2025, 0, 1) })
    })
  })

  it('adds up what touches: parked messages of hours that follow each other', () => {
    const unread = [299, 300, 305].map((n) => ({ service: 'nova', hour: hourAt(n), messages: 2 }))
    assert.deepEqual(gapsOf(day10, evidence({ unread })).map(brief), [
      { kind: 'unread', host: null, from: 299, to: 301, count: 4 },
      { kind: 'unread', host: null, from: 305, to: 306, count: 2 },
    ])
  })

  it('finds the same whatever the order of the evidence, and only what touches the period', () => {
    const messages = fc.array(fc.boolean(), { minLength: hours, maxLength: hours })
    fc.assert(
      fc.property(
        messages,
        fc.integer({ min: 0, max: hours - 1 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (spoken, from, length, seed) => {
          const heard = [...speaks('a', (n) => spoken[n] === true), ...speaks('b', (n) => n < from || n >= from + length)]
          const period = { from: hourAt(from), to: hourAt(Math.min(hours, from + 48)) }
          const gaps = gapsOf(period, evidence({ heard }))
          const shuffled = heard
            .map(({ hours: list, ...row }) => ({
              ...row,
              hours: list
                .map((hour, n) => ({ hour, key: (n * 7919 + seed) % list.length }))
                .sort((x, y) => x.key - y.key)
                .map(({ hour }) => hour),
            }))
            .reverse()
          assert.deepEqual(gapsOf(period, evidence({ heard: shuffled })), gaps)
          for (const gap of gaps) assert.ok(gap.from < period.to && (gap.to ?? Number.POSITIVE_INFINITY) > period.from)
          // one that speaks by chance owes nothing; the steady one owes what it left out, once a few days of it are known
          assert.deepEqual(
            gaps.filter(({ host }) => host === 'a'),
            [],
          )
          if (from >= 3 * 24 && from + length <= hours)
            assert.deepEqual(
              gaps.map(({ kind, host }) => [kind, host]),
              [['silent', 'b']],
            )
        },
      ),
      { numRuns: 60 },
    )
  })
})
