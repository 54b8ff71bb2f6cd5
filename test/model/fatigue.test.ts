import assert from 'node:assert/strict'
import type { FatigueFacts } from '../../model/alert-history.ts'
import type { State } from '../../model/check.ts'
import { dueInNextWeek, fatigueReport, weekAt, weekOf } from '../../model/fatigue.ts'

const zone = 'Europe/Rome'
const at = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const { from, to } = weekAt('2026-11-18', zone) ?? { from: 0, to: 0 }
const change = (check: string, time: string, state: State) => ({
  ...{ check, rule: 'cpu', target: { kind: 'instance', id: check }, targetName: `name-${check}`, time: at(time), to: state },
})
const told = (check: string, time: string, contact = 'alice', kind: FatigueFacts['told'][number]['kind'] = 'problem') => ({
  ...{ check, time: at(time), kind, contact },
})
const report = (facts: Partial<FatigueFacts>, zones = new Map<string, string>()) =>
  fatigueReport({ changes: [], acknowledged: [], told: [], ...facts }, { from, to, zone, zones })

describe('the weekly report on fatigue', () => {
  it('is of a week that begins on Monday in the zone', () => {
    assert.deepEqual([from, to], [at('16T00:00'), at('23T00:00')])
    assert.equal(weekOf(at('23T00:00'), zone).week, '2026-11-23')
    assert.equal(weekOf(at('22T23:59'), zone).week, '2026-11-16')
    assert.equal(weekOf(at('22T23:59'), zone, 1).week, '2026-11-09')
    assert.equal(weekAt('2026-13-01', zone), null)
    assert.equal(dueInNextWeek('2026-11-16', 1, 8, zone), at('23T08:00'))
    assert.equal(dueInNextWeek('2026-10-19', 1, 8, zone), Date.parse('2026-10-26T08:00+01:00'), 'summer time ended in between')
  })

  it('measures from the hard problem to its acknowledgement and its end, whatever lies in between', () => {
    const made = report({
      changes: [
        change('a', '16T10:00', 'warning'),
        change('a', '16T10:05', 'critical'),
        change('b', '17T10:00', 'critical'),
        change('a', '16T12:00', 'ok'),
        change('b', '17T10:04', 'ok'),
        change('c', '18T10:00', 'critical'),
      ].sort((x, y) => x.time - y.time),
      acknowledged: [
        { check: 'a', time: at('16T10:30') },
        { check: 'a', time: at('16T11:00') },
        { check: 'c', time: at('18T10:10') },
      ],
      told: [told('a', '16T10:00'), told('b', '17T10:00')],
    })
    assert.deepEqual(made.acknowledged, { count: 2, mean: 20 * 60_000, median: 20 * 60_000 })
    assert.deepEqual(made.resolved, { count: 2, mean: 62 * 60_000, median: 62 * 60_000 })
    assert.deepEqual([made.problems, made.told, made.acted, made.brief], [3, 2, 1, 1])
  })

  it('counts a problem of before where it ended, not where it began', () => {
    const made = report({
      changes: [change('a', '14T10:00', 'critical'), change('a', '16T10:00', 'ok'), change('b', '22T23:00', 'critical')],
    })
    assert.equal(made.problems, 1)
    assert.deepEqual(made.resolved, { count: 1, mean: 48 * 3_600_000, median: 48 * 3_600_000 })
    assert.equal(made.acknowledged, null)
  })

  it('counts wakings by night and contact: messages close together wake once, recoveries wake nobody', () => {
    const made = report(
      {
        told: [
          told('a', '16T21:59'),
          told('a', '16T22:00'),
          told('b', '16T22:14'),
          told('c', '16T22:28'),
          told('a', '16T23:30', 'alice', 'recovery'),
          told('a', '17T06:59'),
          told('a', '17T07:00'),
          told('a', '17T03:00', 'bob'),
          told('a', '18T03:00', 'carol'),
        ].sort((x, y) => x.time - y.time),
      },
      new Map([['carol', 'America/New_York']]),
    )
    assert.deepEqual(made.contacts, [
      { contact: 'alice', messages: 7, wakeUps: 2 },
      { contact: 'bob', messages: 1, wakeUps: 1 },
      { contact: 'carol', messages: 1, wakeUps: 0 },
    ])
    assert.deepEqual(made.nights.map(({ evening, wakeUps }) => `${evening} ${wakeUps}`).slice(0, 3), [
      '2026-11-16 3',
      '2026-11-17 0',
      '2026-11-18 0',
    ])
    assert.equal(made.nights.length, 7)
  })

  it('names the ten that make most noise', () => {
    const checks = Array.from({ length: 12 }, (_, n) => `c${String(n).padStart(2, '0')}`)
    const made = report({
      changes: [change('c11', '16T10:00', 'critical')],
      told: checks.flatMap((check, n) => Array.from({ length: n + 1 }, () => told(check, '16T12:00'))),
    })
    assert.equal(made.noisiest.length, 10)
    assert.deepEqual(made.noisiest[0], {
      ...{
        check: 'c11',
        rule: 'cpu',
        target: { kind: 'instance', id: 'c11' },
        targetName: 'name-c11',
        messages: 12,
        problems: 1,
      },
    })
    assert.equal(made.noisiest.at(-1)?.check, 'c02')
  })
})
