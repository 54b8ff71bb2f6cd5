import assert from 'node:assert/strict'
import { everything } from '../../model/access.ts'
import type { AlertJournal, Message } from '../../model/contract.ts'
import type { DecisionLog, DecisionQuery, DeliveryTurn, Outbox } from '../../model/outbox.ts'
import type { AlertBatch, AlertWriter } from '../../model/tracked-check.ts'
import { check, emptyBatch, news } from './alert-journal-scene.ts'

type Journal = AlertJournal & AlertWriter & Outbox & DecisionLog

const anna = { notifier: 'email', to: 'anna@b.c' }
const bruno = { notifier: 'email', to: 'bruno@b.c' }

/** What every queue of notifications does, and every log of what became of them. `open` as for `alertJournalContract`. */
export function outboxContract(open: () => Promise<{ journal: Journal; close: () => Promise<void> }>): void {
  let journal: Journal
  let close: () => Promise<void>
  beforeEach(async () => {
    const opened = await open()
    journal = opened.journal
    close = opened.close
  })
  afterEach(() => close())
  const commit = (batch: Partial<AlertBatch>) => journal.commit({ ...emptyBatch, ...batch })
  const settle = (...turns: DeliveryTurn[]) => journal.settle(turns, [])
  const said = async (receiver: typeof anna, now: number, limit = 100) =>
    (await journal.waitingFor(receiver, now, limit)).map(({ message: { kind, problem } }) => `${problem.check} ${kind}`)
  const ids = async (receiver: typeof anna, now: number) => (await journal.waitingFor(receiver, now, 100)).map(({ id }) => id)
  const decisions = (query: Partial<DecisionQuery> = {}) => journal.decisions(everything, { limit: 100, ...query })

  it('hands out what is due by receiver, in the order of the decisions', async () => {
    await commit({ checks: [check('a'), check('b')], notifications: [news('a', 'problem', 1), news('a', 'problem', 1, 'bruno')] })
    await commit({ notifications: [news('b', 'problem', 3), news('a', 'recovery', 9), news('b', 'recovery', 50)] })
    assert.deepEqual(await journal.dueReceivers(0), [])
    assert.deepEqual(await journal.dueReceivers(10), [anna, bruno])
    assert.deepEqual(await said(anna, 10), ['a problem', 'b problem', 'a recovery'])
    assert.deepEqual(await said(anna, 10, 2), ['a problem', 'b problem'])
    assert.deepEqual(await said(bruno, 10), ['a problem'])
    assert.deepEqual(await journal.waiting(), { count: 5, next: 1, oldest: 1 })
  })

  it('gives back each message as it was queued', async () => {
    const odd = { ...news('a', 'problem', 1), contact: 'anna "the" O’Neil', to: `'; DROP TABLE notification; --` }
    await commit({ checks: [check('a')], notifications: [odd] })
    const [receiver] = await journal.dueReceivers(1)
    assert.deepEqual(receiver, { notifier: 'email', to: odd.to })
    const [item] = await journal.waitingFor(receiver as typeof anna, 1, 1)
    const { id: _, ...rest } = item ?? { id: 0 }
    assert.deepEqual(rest, { ...odd, attempts: 0, nextAttempt: 1, filter: null, fellBack: false })
  })

  it('keeps one that was tried in vain for its next time, holds one back, and drops what is no news', async () => {
    await commit({
      checks: [check('a')],
      notifications: ['problem', 'custom', 'recovery', 'acknowledgement'].map((kind) => news('a', kind as Message['kind'], 1)),
    })
    const [one, two, three, four] = (await ids(anna, 1)) as [number, number, number, number]
    await settle(
      { id: one, time: 5, outcome: 'retry', reason: 'away', nextAttempt: 20 },
      { id: two, time: 5, outcome: 'held', filter: 'quiet', reason: 'until the morning', nextAttempt: 30 },
      { id: three, time: 5, outcome: 'suppressed', filter: 'rate', reason: 'no news' },
      { id: four, time: 5, outcome: 'failed', reason: 'no such address' },
    )
    assert.deepEqual(await said(anna, 19), [])
    assert.deepEqual(await said(anna, 20), ['a problem'])
    assert.deepEqual(
      (await journal.waitingFor(anna, 30, 9)).map(({ id, attempts, filter, nextAttempt }) => ({
        id,
        attempts,
        filter,
        nextAttempt,
      })),
      [
        { id: one, attempts: 1, filter: null, nextAttempt: 20 },
        { id: two, attempts: 0, filter: 'quiet', nextAttempt: 30 },
      ],
    )
    // what is held back by its reader's wish is not hurried
    await journal.hurry(10)
    assert.deepEqual(await ids(anna, 10), [one])
    await journal.hurry(9, 'sms')
    assert.equal((await journal.waiting()).next, 10)
    await settle({ id: one, time: 40, outcome: 'sent', deliveryId: '<1@b.c>', bundle: null })
    await settle({ id: two, time: 40, outcome: 'sent', deliveryId: '<2@b.c>', bundle: null })
    assert.deepEqual(await journal.waiting(), { count: 0, next: null, oldest: null })
    assert.deepEqual(
      (await journal.notifications(everything, 'a', 9)).map(({ outcome, attempts, time, reason }) => ({
        outcome,
        attempts,
        time,
        reason,
      })),
      [
        { outcome: 'failed', attempts: 1, time: 1, reason: 'no such address' },
        { outcome: 'suppressed', attempts: 0, time: 1, reason: 'no news' },
        { outcome: 'sent', attempts: 1, time: 40, reason: 'until the morning' },
        { outcome: 'sent', attempts: 2, time: 40, reason: null },
      ],
    )
  })

  it('backs off from one receiver and from no other', async () => {
    await commit({
      checks: [check('a')],
      notifications: [news('a', 'problem', 1), news('a', 'problem', 1, 'bruno'), news('a', 'recovery', 90)],
    })
    await journal.backOff(anna, 50)
    assert.deepEqual(await journal.dueReceivers(10), [bruno])
    assert.deepEqual(await said(anna, 50), ['a problem'])
    assert.deepEqual(await said(anna, 90), ['a problem', 'a recovery'])
  })

  it('counts several in one message as one', async () => {
    await commit({ checks: [check('a')], notifications: Array.from({ length: 5 }, (_, n) => news('a', 'problem', n)) })
    const [one, two, three, four, five] = (await ids(anna, 9)) as [number, number, number, number, number]
    const at = (id: number, time: number, bundle: number | null) => ({
      id,
      time,
      outcome: 'sent' as const,
      deliveryId: null,
      bundle,
    })
    await settle(at(one, 10, one), at(two, 10, one), at(three, 20, null), at(four, 30, null))
    await settle({ id: five, time: 40, outcome: 'failed', reason: 'x' })
    assert.deepEqual(await journal.sentTimes('anna', 'email', 0), [10, 20, 30])
    assert.deepEqual(await journal.sentTimes('anna', 'email', 10), [20, 30])
    assert.deepEqual(await journal.sentTimes('anna', 'sms', 0), [])
    assert.deepEqual(await journal.sentTimes('bruno', 'email', 0), [])
  })

  it('tells a stand-in and notes for whom, all or nothing', async () => {
    await commit({ checks: [check('a')], notifications: [news('a', 'problem', 1)] })
    const [id] = (await ids(anna, 1)) as [number]
    const standIn = { for: id, notification: news('a', 'problem', 5, 'bruno') }
    await journal.settle([{ id, time: 5, outcome: 'retry', reason: 'away', nextAttempt: 20 }], [standIn])
    assert.equal((await journal.waitingFor(anna, 20, 9))[0]?.fellBack, true)
    assert.deepEqual(await said(bruno, 5), ['a problem'])
    const told = await decisions({ contact: 'bruno' })
    assert.deepEqual(
      told.map(({ standsFor, contact, rule, target }) => ({ standsFor, contact, rule, target })),
      [{ standsFor: id, contact: 'bruno', rule: 'cpu', target: { kind: 'instance', id: 'i-a' } }],
    )
    const bad = { ...standIn, notification: { ...standIn.notification, contact: null as unknown as string } }
    await assert.rejects(journal.settle([{ id, time: 6, outcome: 'failed', reason: 'gone' }], [bad]))
    assert.equal((await journal.waitingFor(anna, 20, 9))[0]?.attempts, 1)
  })

  it('tells of every decision, its way and its end, newest first', async () => {
    await commit({ checks: [check('a'), check('b', { project: 'p2', rule: 'disk', targetName: '50%_full' })] })
    await commit({
      notifications: [news('a', 'problem', 10), news('b', 'problem', 20, 'bruno')],
      held: [
        {
          check: 'a',
          time: 30,
          kind: 'problem',
          state: 'critical',
          contact: '',
          notifier: '',
          outcome: 'suppressed',
          filter: 'downtime',
          reason: 'planned',
          attempts: 0,
        },
      ],
    })
    const [id] = (await ids(anna, 10)) as [number]
    await settle({ id, time: 11, outcome: 'retry', reason: 'greylisted', nextAttempt: 12 })
    await settle({ id, time: 11, outcome: 'held', filter: 'quiet', reason: 'night', nextAttempt: 12 })
    await settle({ id, time: 12, outcome: 'held', filter: 'quiet', reason: 'night', nextAttempt: 13 }) // again the same: no turn of its own
    await settle({ id, time: 13, outcome: 'sent', deliveryId: '<x@b.c>', bundle: null })
    const brief = async (query: Partial<DecisionQuery> = {}) =>
      (await decisions(query)).map((one) => `${one.check} ${one.outcome} ${one.contact}`)
    assert.deepEqual(await brief(), ['a suppressed ', 'b waiting bruno', 'a sent anna'])
    assert.deepEqual(await brief({ contact: 'anna' }), ['a suppressed ', 'a sent anna'])
    assert.deepEqual(await brief({ check: 'b' }), ['b waiting bruno'])
    assert.deepEqual(await brief({ rule: 'disk' }), ['b waiting bruno'])
    assert.deepEqual(await brief({ project: 'p2' }), ['b waiting bruno'])
    assert.deepEqual(await brief({ target: { kind: 'instance', id: 'i-b' } }), ['b waiting bruno'])
    assert.deepEqual(await brief({ outcome: 'sent' }), ['a sent anna'])
    assert.deepEqual(await brief({ from: 20 }), ['a suppressed ', 'b waiting bruno'])
    assert.deepEqual(await brief({ to: 20 }), ['a sent anna'])
    assert.deepEqual(await brief({ q: '0%_F' }), ['b waiting bruno'])
    assert.deepEqual(await brief({ q: '%' }), ['b waiting bruno'])
    assert.deepEqual(await brief({ limit: 1 }), ['a suppressed '])
    const [sent] = await decisions({ outcome: 'sent' })
    assert.deepEqual(sent, {
      ...{ id, check: 'a', time: 13, decidedAt: 10, kind: 'problem', state: 'critical', contact: 'anna', notifier: 'email' },
      ...{ outcome: 'sent', reason: 'night', filter: 'quiet', attempts: 2, rule: 'cpu', target: { kind: 'instance', id: 'i-a' } },
      ...{ targetName: 'name-a', project: 'p1', deliveryId: '<x@b.c>', standsFor: null },
      turns: [
        { time: 11, outcome: 'retry', filter: null, reason: 'greylisted' },
        { time: 11, outcome: 'held', filter: 'quiet', reason: 'night' },
        { time: 13, outcome: 'sent', filter: null, reason: null },
      ],
    })
    const scoped = await journal.decisions({ projects: ['p2'] }, { limit: 9 })
    assert.deepEqual(
      scoped.map((one) => one.check),
      ['b'],
    )
    assert.deepEqual(await journal.decisions({ projects: [] }, { limit: 9 }), [])
    // who was told of a check that is gone since is known all the same
    await commit({ removed: ['a'] })
    assert.equal((await decisions({ rule: 'cpu', outcome: 'sent' }))[0]?.targetName, 'name-a')
  })
}
