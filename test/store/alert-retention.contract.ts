import assert from 'node:assert/strict'
import { everything } from '../../model/access.ts'
import type { AlertHistory } from '../../model/alert-history.ts'
import type { State } from '../../model/check.ts'
import type { AlertJournal } from '../../model/contract.ts'
import type { OnCallJournal } from '../../model/on-call.ts'
import type { DecisionLog, Outbox } from '../../model/outbox.ts'
import type { AlertBatch, AlertWriter, StoredCheck } from '../../model/tracked-check.ts'
import { random } from '../support/random.ts'
import { check, emptyBatch, news } from './alert-journal-scene.ts'

type Journal = AlertJournal & AlertWriter & Outbox & DecisionLog

export interface Retaining {
  journal: Journal
  history: AlertHistory
  onCall: OnCallJournal
  retire(before: number, now: () => number): AsyncIterable<number>
  close: () => Promise<void>
}

const day = 86_400_000
const cut = 1000 * day
const now = 1400 * day

const target = (id: string) => ({ kind: 'instance', id: `i-${id}` })
const change = (id: string, time: number, from: State, to: State, hard = true): AlertBatch['transitions'][number] => ({
  ...{
    check: id,
    rule: 'cpu',
    target: target(id),
    targetName: null,
    project: 'p1',
    time,
    from,
    to,
    hard,
    attempt: 1,
    output: 'o',
  },
})

/** What every journal lets go of the history of alerts, and what never. `open` as for `alertJournalContract`. */
export function alertRetentionContract(open: () => Promise<Retaining>): void {
  let opened: Retaining
  let journal: Journal
  beforeEach(async () => {
    opened = await open()
    journal = opened.journal
  })
  afterEach(() => opened.close())
  const commit = (batch: Partial<AlertBatch>) => journal.commit({ ...emptyBatch, ...batch })
  const retire = async (steps = Number.POSITIVE_INFINITY, before = cut) => {
    let removed = 0
    for await (const count of opened.retire(before, () => now)) {
      removed += count
      if (--steps <= 0) break
    }
    return removed
  }
  const sent = async (time: number, deliveryId: string | null = null) => {
    const due = (await Promise.all((await journal.dueReceivers(now)).map((one) => journal.waitingFor(one, now, 1000)))).flat()
    await journal.settle(
      due.flatMap(({ id }) => [
        { id, time, outcome: 'retry' as const, reason: 'busy', nextAttempt: time },
        { id, time, outcome: 'sent' as const, deliveryId, bundle: null },
      ]),
      [],
    )
  }
  const tell = async (id: string, kind: 'problem' | 'recovery', time: number, deliveryId: string | null = null) => {
    await commit({ notifications: [news(id, kind, time)] })
    await sent(time, deliveryId)
  }
  const changes = async (id: string) =>
    (await journal.transitions(everything, { check: id, limit: 1000 })).map(({ time, to }) => `${time / day} ${to}`).reverse()
  const told = async (id: string) =>
    (await journal.decisions(everything, { check: id, limit: 1000 }))
      .map(({ decidedAt, kind }) => `${decidedAt / day} ${kind}`)
      .reverse()
  const state = (id: string, to: State, over: Partial<StoredCheck> = {}) =>
    check(id, { ...over, state: { state: to, hard: true, lastHardState: to } })

  it('lets go of what is older, and keeps of each check what held at the cut', async () => {
    await commit({
      checks: [state('a', 'ok'), state('b', 'ok')],
      transitions: [
        ...[
          change('a', 10 * day, 'ok', 'warning', false),
          change('a', 11 * day, 'ok', 'critical'),
          change('a', 12 * day, 'critical', 'ok'),
        ],
        ...[
          change('a', 20 * day, 'ok', 'critical'),
          change('a', 21 * day, 'critical', 'ok'),
          change('a', 1100 * day, 'ok', 'critical'),
        ],
        ...[
          change('a', 1101 * day, 'critical', 'ok'),
          change('b', 30 * day, 'ok', 'critical'),
          change('b', 1200 * day, 'critical', 'ok'),
        ],
      ],
    })
    for (const [kind, at] of [
      ['problem', 11],
      ['recovery', 12],
      ['problem', 1100],
      ['recovery', 1101],
    ] as const)
      await tell('a', kind, at * day)
    assert.ok((await retire()) > 0)
    assert.deepEqual(await changes('a'), ['21 ok', '1100 critical', '1101 ok'])
    assert.deepEqual(await changes('b'), ['30 critical', '1200 ok'])
    assert.deepEqual(await told('a'), ['1100 problem', '1101 recovery'])
    const kept = await journal.decisions(everything, { check: 'a', limit: 9 })
    assert.ok(kept.every(({ turns }) => turns.length === 2))
    assert.equal(await retire(), 0)
  })

  it('keeps all of a problem that is open, however old, and lets go of what came before it', async () => {
    await commit({
      checks: [state('open', 'critical', { acknowledgement: { author: 'bob', comment: 'mine', time: 60 * day, sticky: true } })],
      transitions: [
        ...[change('open', 10 * day, 'ok', 'critical'), change('open', 20 * day, 'critical', 'ok')],
        ...[change('open', 50 * day, 'ok', 'warning'), change('open', 51 * day, 'warning', 'critical')],
      ],
      comments: [{ check: 'open', time: 52 * day, author: 'bob', text: 'disk ordered' }],
    })
    await tell('open', 'problem', 10 * day, 'thread 1')
    await tell('open', 'recovery', 20 * day)
    await tell('open', 'problem', 50 * day, 'thread 2')
    await tell('open', 'problem', 51 * day)
    await tell('other', 'problem', 1200 * day)
    await retire()
    assert.deepEqual(await changes('open'), ['20 ok', '50 warning', '51 critical'])
    assert.deepEqual(await told('open'), ['50 problem', '51 problem'])
    assert.equal((await journal.comments(everything, 'open', 9)).length, 1)
    assert.equal((await journal.check(everything, 'open'))?.acknowledgement?.author, 'bob')
    const facts = await opened.history.fatigueFacts(everything, { before: 0, from: 0, to: now })
    assert.deepEqual(facts.acknowledged, [{ check: 'open', time: 60 * day }])
    // it is over: the message about that still goes where the first one went
    await commit({
      checks: [state('open', 'ok')],
      transitions: [change('open', 1399 * day, 'critical', 'ok')],
      notifications: [news('open', 'recovery', 1399 * day)],
    })
    await retire()
    const [over] = await journal.waitingFor({ notifier: 'email', to: 'anna@b.c' }, now, 9)
    assert.equal(over && (await journal.conversation(over)), 'thread 2')
    await sent(1399 * day)
    await retire()
    assert.deepEqual(await told('open'), ['1399 recovery'])
  })

  it('never lets go of what waits to be delivered, or of a downtime that runs', async () => {
    const plan = {
      subject: 'check:w',
      fixed: true,
      start: day,
      durationMs: 0,
      triggeredBy: null,
      author: 'bob',
      comment: '',
      since: null,
    }
    await commit({
      checks: [check('w')],
      notifications: [news('w', 'problem', 5 * day)],
      downtimes: [
        { ...plan, id: 'runs', end: 2000 * day, active: true, endedAt: null, outcome: null },
        { ...plan, id: 'over', end: 5 * day, active: false, endedAt: 5 * day, outcome: 'over' },
        { ...plan, id: 'late', end: 1200 * day, active: false, endedAt: 1200 * day, outcome: 'over' },
      ],
      comments: [
        { check: 'w', time: 5 * day, author: 'bob', text: 'old' },
        { check: 'w', time: 1200 * day, author: 'bob', text: 'new' },
      ],
    })
    await retire()
    assert.equal((await journal.waiting()).count, 1)
    assert.deepEqual((await journal.downtimes(everything, 'w', 9)).map(({ id }) => id).sort(), ['late', 'runs'])
    assert.deepEqual(
      (await journal.comments(everything, 'w', 9)).map(({ text }) => text),
      ['new'],
    )
  })

  it('lets go of everything about a check that is gone, and of stand-ins and calendars that are over', async () => {
    await commit({
      checks: [state('gone', 'ok')],
      transitions: [change('gone', 5 * day, 'ok', 'critical'), change('gone', 6 * day, 'critical', 'ok')],
    })
    await tell('gone', 'problem', 5 * day)
    await commit({ removed: ['gone'], checks: [state('new', 'ok')], transitions: [change('new', 1300 * day, 'ok', 'critical')] })
    await tell('new', 'problem', 1300 * day)
    const stand = { rota: 'duty', who: 'anna', instead: null, by: 'ada', comment: '' }
    await opened.onCall.addOverride({ ...stand, id: 'old', from: day, to: 2 * day }, day)
    await opened.onCall.addOverride({ ...stand, id: 'new', from: day, to: 1200 * day }, day)
    await opened.onCall.useLink('used', 5 * day, day)
    await retire()
    assert.deepEqual(await changes('gone'), [])
    assert.deepEqual(await told('gone'), [])
    assert.deepEqual(
      (await opened.onCall.overrides(0)).map(({ id }) => id),
      ['new'],
    )
    assert.equal(await opened.onCall.linkUsed('used'), false)
  })

  it('gives no number twice: the newest row stays', async () => {
    await commit({
      checks: [state('a', 'ok')],
      transitions: [change('a', 5 * day, 'ok', 'critical'), change('a', 6 * day, 'critical', 'ok')],
      comments: [{ check: 'a', time: 1, author: 'b', text: 't' }],
    })
    await tell('a', 'problem', 5 * day)
    const [last] = await journal.decisions(everything, { limit: 1 })
    await retire()
    await tell('a', 'problem', 1300 * day)
    const [next] = await journal.decisions(everything, { limit: 1 })
    assert.ok((next?.id ?? 0) > (last?.id ?? 0))
    assert.equal((await journal.comments(everything, 'a', 9)).length, 1)
  })

  it('changes no answer about the time since, wherever a pass breaks off', async function () {
    this.timeout(60_000)
    const next = random(7)
    const checks: StoredCheck[] = []
    const transitions: AlertBatch['transitions'][number][] = []
    const states = ['ok', 'warning', 'critical', 'unknown'] as const
    for (let n = 0; n < 40; n++) {
      const id = `c${n}`
      let [at, before] = [next() * 900 * day, 'ok' as State]
      for (let turn = 0; turn < 30; turn++) {
        const to = states[Math.floor(next() * 4)] as State
        if (to === before) continue
        transitions.push(change(id, Math.round(at), before, to, next() < 0.7))
        before = to
        at += next() * 60 * day
        if (at > now) break
      }
      if (n % 8 !== 7) checks.push(state(id, before))
    }
    transitions.sort((a, b) => a.time - b.time)
    await commit({ checks, transitions })
    for (const { check: id, time, to } of transitions.filter((_, n) => n % 3 === 0))
      await tell(id, to === 'ok' ? 'recovery' : 'problem', time)
    const answers = async () => ({
      worst: await journal.worst(everything, { from: cut, to: now, step: 10 * day }),
      transitions: await journal.transitions(everything, { from: cut, limit: 1000 }),
      at: await Promise.all(checks.map(({ id }) => journal.transitions(everything, { check: id, to: cut, limit: 1 }))),
      problems: await journal.problems(everything, { soft: true }),
      decisions: await journal.decisions(everything, { from: cut, limit: 1000 }),
      facts: await opened.history.fatigueFacts(everything, { before: cut, from: cut, to: now }),
      never: await opened.history.neverOk(everything, now, 100),
      always: await opened.history.alwaysOk(everything, cut, 100),
    })
    const before = await answers()
    let removed = 0
    for (let steps = 1; steps < 5; steps++) {
      removed += await retire(steps)
      assert.deepEqual(await answers(), before)
    }
    removed += await retire()
    assert.deepEqual(await answers(), before)
    assert.ok(removed > 400, String(removed))
    assert.equal(await retire(), 0)
  })
}
