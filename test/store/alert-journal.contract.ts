import assert from 'node:assert/strict'
import { untold } from '../../alerter/tell.ts'
import { everything, type Scope } from '../../model/access.ts'
import type { AlertHistory } from '../../model/alert-history.ts'
import type { CheckState, State } from '../../model/check.ts'
import type { AlertJournal, Message } from '../../model/contract.ts'
import type { Outbox } from '../../model/outbox.ts'
import type { AlertBatch, AlertWriter, StoredCheck } from '../../model/tracked-check.ts'
import { check, emptyBatch, message, minute } from './alert-journal-scene.ts'

/** What every alert journal does. `open` gives an empty one for each test; called inside `describe`. */
export function alertJournalContract(
  open: () => Promise<{ journal: AlertJournal & AlertWriter & Outbox; history: AlertHistory; close: () => Promise<void> }>,
): void {
  let journal: AlertJournal & AlertWriter & Outbox
  let history: AlertHistory
  let close: () => Promise<void>
  beforeEach(async () => {
    const opened = await open()
    journal = opened.journal
    history = opened.history
    close = opened.close
  })
  afterEach(() => close())
  /** What is due, whoever it is for, in the order of the decisions. */
  const dueBy = async (now: number) => {
    const lanes = await Promise.all((await journal.dueReceivers(now)).map((one) => journal.waitingFor(one, now, 1000)))
    return lanes.flat().sort((a, b) => a.id - b.id)
  }
  const sent = (id: number, time: number, deliveryId: string | null) =>
    journal.settle([{ id, time, outcome: 'sent', deliveryId, bundle: null }], [])
  const commit = (batch: Partial<AlertBatch>) => journal.commit({ ...emptyBatch, ...batch })
  const bad = (state: State, over: Partial<CheckState> = {}) => ({ state, hard: true, lastHardState: state, ...over })
  const found = async (scope: Scope, query: Parameters<typeof journal.problems>[1] = {}) =>
    (await journal.problems(scope, query)).map((problem) => problem.check)

  it('gives every check back as it was kept', async () => {
    const kept = [
      check('a', {
        state: bad('critical'),
        perfdata: [{ label: 'cpu', value: 99, unit: '%', warn: '80' }],
        longOutput: 'two\nlines',
      }),
      check('b', {
        acknowledgement: { author: 'bob', comment: 'mine', time: 5, sticky: true },
        told: { ...untold, number: 2, states: ['warning'] },
      }),
      check('c', {
        project: null,
        host: null,
        targetName: null,
        state: { checked: false, lastCheck: null, lastStateChange: null },
      }),
    ]
    await commit({ checks: kept })
    await commit({ checks: kept })
    assert.deepEqual(await journal.stored(), kept)
  })

  it('gives a check back as it was last, whatever of it changed', async () => {
    const acknowledgement = { author: 'bob', comment: '', time: 5, sticky: true }
    let kept = check('a')
    const changes: readonly Partial<StoredCheck>[] = [
      ...[{ nextCheck: 7 }, { longOutput: 'more' }, { perfdata: [{ label: 'l', value: 1, unit: '' }] }, { longOutput: null }],
      ...[
        { told: { ...untold, number: 3, behind: true } },
        { flapping: { ...kept.flapping, flapping: true } },
        { cause: 'other' },
      ],
      ...[{ host: 'h2' }, { project: 'p2' }, { targetName: null }, { maxAttempts: 9 }, { acknowledgement }, { nextCheck: null }],
      ...[{ acknowledgement: null }, { state: { ...kept.state, output: 'new', lastCheck: 99 } }, { cause: null }],
      ...[
        { state: { ...kept.state, state: 'critical' as const, attempt: 2, hard: false } },
        { rule: 'memory', plugin: 'memory' },
      ],
      { state: { ...kept.state, lastStateChange: 3, lastHardState: 'warning', lastHardStateChange: 4, onBrokenGround: true } },
    ]
    await commit({ checks: [kept] })
    for (const change of changes) {
      kept = { ...kept, ...change }
      await commit({ checks: [kept] })
      assert.deepEqual(await journal.stored(), [kept])
    }
    // what a batch that failed had written is written again
    const next = { ...kept, nextCheck: 500 }
    await assert.rejects(
      commit({ checks: [next], comments: [{ check: 'a', time: 1, author: null as unknown as string, text: '' }] }),
    )
    assert.deepEqual(await journal.stored(), [kept])
    await commit({ checks: [{ ...next, state: { ...next.state, output: 'again' } }] })
    await commit({ removed: ['a'] })
    await commit({ checks: [next] })
    assert.deepEqual(await journal.stored(), [next])
  })

  it('lists problems: unhandled first, then the worst, then the newest', async () => {
    const ack = { author: 'bob', comment: '', time: 1, sticky: false }
    await commit({
      checks: [
        check('ok'),
        check('warn', { state: bad('warning') }),
        check('old', { state: bad('critical', { lastStateChange: 1 }) }),
        check('new', { state: bad('critical', { lastStateChange: 2 }) }),
        check('unknown', { state: bad('unknown') }),
        check('taken', { state: bad('critical'), acknowledgement: ack }),
        check('soft', { state: { state: 'critical', hard: false } }),
      ],
    })
    assert.deepEqual(await found(everything), ['new', 'old', 'unknown', 'warn', 'taken'])
    assert.deepEqual(await found(everything, { handled: false }), ['new', 'old', 'unknown', 'warn'])
    assert.deepEqual(await found(everything, { handled: true }), ['taken'])
    assert.deepEqual(await found(everything, { states: ['warning', 'unknown'] }), ['unknown', 'warn'])
    assert.deepEqual((await found(everything, { soft: true })).includes('soft'), true)
    assert.deepEqual(await found(everything, { q: 'name-wa' }), ['warn'])
    assert.deepEqual(await found(everything, { q: '%' }), [])
    assert.deepEqual(await found(everything, { limit: 2 }), ['new', 'old'])
    assert.deepEqual(await found(everything, { target: { kind: 'instance', id: 'i-old' } }), ['old'])
    assert.deepEqual(await journal.summary(everything), {
      ok: 2,
      warning: 1,
      critical: 3,
      unknown: 1,
      nodata: 0,
      pending: 0,
      unhandled: 4,
    })
  })

  it('counts problems under what explains them, for those who see that', async () => {
    await commit({
      checks: [
        check('zone', { project: null, state: bad('critical') }),
        check('host', { project: null, state: bad('critical'), cause: 'zone' }),
        check('vm', { state: bad('nodata'), cause: 'host' }),
        check('theirs', { project: 'p2', state: bad('critical'), cause: 'host' }),
        check('soft', { state: { state: 'critical', hard: false }, cause: 'host' }),
        check('left', { state: bad('warning'), cause: 'fine' }),
        check('fine', { state: {} }),
      ],
    })
    assert.deepEqual(await found(everything, { explained: false }), ['zone', 'left'])
    assert.deepEqual(await found(everything, { causes: ['host'] }), ['theirs', 'vm'])
    assert.deepEqual([...(await journal.explains(everything, ['zone', 'host', 'vm', 'nowhere']))].sort(), [
      ['host', 2],
      ['zone', 1],
    ])
    const { nodata, unhandled } = await journal.summary(everything)
    assert.deepEqual([nodata, unhandled], [1, 2])
    // a project sees no host: its instance is a row of its own, and nothing tells of others
    const p1: Scope = { projects: ['p1'] }
    assert.deepEqual(await found(p1, { explained: false }), ['vm', 'left'])
    assert.deepEqual([...(await journal.explains(p1, ['host', 'zone']))], [['host', 1]])
    assert.equal((await journal.check(everything, 'vm'))?.cause, 'host')
  })

  it('shows a project only its own, and what belongs to no project only to those who see all', async () => {
    const transition = (id: string, project: string | null) => ({
      ...{ check: id, rule: 'cpu', target: { kind: 'instance', id: `i-${id}` }, targetName: null, project, time: 5 * minute },
      ...({ from: 'critical', to: 'ok', hard: true, attempt: 1, output: '' } as const),
    })
    const mine = check('mine', { state: bad('critical') })
    const theirs = check('theirs', { state: bad('critical'), project: 'p2' })
    const host = check('host', { state: bad('critical'), project: null, target: { kind: 'connection', id: 'libvirt hv' } })
    await commit({
      checks: [mine, theirs, host],
      transitions: [transition('mine', 'p1'), transition('theirs', 'p2'), transition('host', null)],
      notifications: ['mine', 'theirs', 'host'].map((id) => ({
        ...{ message: message(id, 'problem', 1), contact: 'a', notifier: 'email', to: 'a@b.c' },
      })),
    })
    const p1: Scope = { projects: ['p1'] }
    const none: Scope = { projects: [] }
    for (const [scope, ids] of [
      [p1, ['mine']],
      [none, []],
      [everything, ['host', 'mine', 'theirs']],
    ] as const) {
      assert.deepEqual((await found(scope)).sort(), ids)
      const history = await journal.transitions(scope, { limit: 10 })
      assert.deepEqual(history.map((one) => one.check).sort(), ids)
      assert.deepEqual((await journal.recovered(scope, 0)).map((one) => one.check).sort(), ids)
      for (const id of ['mine', 'theirs', 'host']) {
        const seen = (ids as readonly string[]).includes(id)
        assert.equal((await journal.check(scope, id)) !== null, seen)
        assert.equal((await journal.notifications(scope, id, 5)).length, seen ? 1 : 0)
      }
      assert.equal((await journal.checksOf(scope, theirs.target)).length, scope === everything ? 1 : 0)
      assert.equal((await journal.summary(scope)).critical, ids.length)
      assert.deepEqual(await journal.worst(scope, { from: 0, to: 2 * minute, step: minute }), [
        null,
        ids.length > 0 ? 'ok' : null,
      ])
    }
  })

  it('tells the worst state of each stretch of a day', async () => {
    const change = (id: string, at: number, from: State, to: State, hard = true) => ({
      ...{
        check: id,
        rule: 'r',
        target: { kind: 'instance', id },
        targetName: null,
        project: 'p1',
        time: at * minute,
        output: '',
      },
      ...{ from, to, hard, attempt: 1 },
    })
    await commit({
      checks: [check('a'), check('b')],
      transitions: [
        change('a', 2, 'ok', 'warning'),
        change('b', 4, 'ok', 'critical', false),
        change('b', 5, 'ok', 'critical'),
        change('b', 6, 'critical', 'ok'),
        change('a', 8, 'warning', 'ok'),
      ],
    })
    const worst = await journal.worst(everything, { from: 0, to: 10 * minute, step: minute })
    assert.deepEqual(worst, [null, 'ok', 'warning', 'warning', 'warning', 'critical', 'critical', 'warning', 'warning', 'ok'])
    assert.deepEqual(await journal.worst(everything, { from: 3 * minute, to: 5 * minute, step: minute }), ['warning', 'warning'])
  })

  it('forgets a check whose target is gone, and keeps its history', async () => {
    await commit({ checks: [check('a', { state: bad('critical') })] })
    await commit({
      removed: ['a'],
      held: [
        {
          check: 'a',
          time: 9,
          kind: 'problem',
          state: 'critical',
          contact: '',
          notifier: '',
          outcome: 'suppressed',
          reason: 'r',
          attempts: 0,
        },
      ],
    })
    assert.equal(await journal.check(everything, 'a'), null)
    assert.equal((await journal.notifications(everything, 'a', 10)).length, 1)
  })

  it('writes a batch whole or not at all', async () => {
    const broken = { ...check('b'), state: null } as unknown as StoredCheck
    await assert.rejects(commit({ checks: [check('a'), broken] }))
    assert.deepEqual(await journal.stored(), [])
  })

  it('says of a problem that it is in a downtime: its own, its target’s, or that of its host', async () => {
    const running = (subject: string) => ({
      ...{
        id: subject,
        subject,
        fixed: true,
        start: 0,
        end: minute,
        durationMs: 0,
        triggeredBy: null,
        author: 'bob',
        comment: '',
      },
      ...{ active: true, since: null, endedAt: null, outcome: null },
    })
    await commit({
      checks: ['own', 'target', 'host', 'none'].map((id) => check(id, { state: bad('critical'), host: id })),
      downtimes: ['check:own', 'instance:i-target', 'hypervisor:host'].map(running),
    })
    const said = async () => (await journal.problems(everything, {})).flatMap((one) => (one.inDowntime ? [one.check] : [])).sort()
    assert.deepEqual(await said(), ['host', 'own', 'target'])
    await commit({ downtimes: [{ ...running('check:own'), active: false, endedAt: 9, outcome: 'over' }] })
    assert.deepEqual(await said(), ['host', 'target'])
  })

  it('keeps downtimes and comments, and shows them to those who may see the check', async () => {
    const planned = (id: string, subject: string, start: number) => ({
      ...{ id, subject, fixed: true, start, end: start + minute, durationMs: 0, triggeredBy: null, author: 'bob', comment: 'c' },
      ...{ active: false, since: null, endedAt: null, outcome: null },
    })
    const [one, target, other] = [
      planned('d1', 'check:a', 2 * minute),
      planned('d2', 'instance:i-a', minute),
      planned('d3', 'check:b', 0),
    ]
    const comments = ['first', 'second'].map((text, n) => ({ check: 'a', time: n, author: 'bob', text }))
    await commit({ checks: [check('a'), check('b', { project: 'p2' })], downtimes: [one, target, other], comments })
    await commit({ downtimes: [{ ...target, active: true }] })
    await commit({ downtimes: [{ ...one, endedAt: 3 * minute, outcome: 'cancelled' }] })
    assert.deepEqual(await journal.openDowntimes(), [other, { ...target, active: true }])
    const seen = await journal.downtimes(everything, 'a', 10)
    assert.deepEqual(
      seen.map(({ id, outcome }) => `${id} ${outcome}`),
      ['d2 null', 'd1 cancelled'],
    )
    assert.deepEqual(
      (await journal.comments({ projects: ['p1'] }, 'a', 10)).map(({ text }) => text),
      ['second', 'first'],
    )
    assert.deepEqual(await journal.downtimes({ projects: ['p2'] }, 'a', 10), [])
    assert.deepEqual(await journal.comments({ projects: [] }, 'a', 10), [])
  })

  it('keeps whatever text the world sends', async () => {
    const hostile = [
      `'; DROP TABLE check_state; --`,
      '\u0000 nul',
      '\ud800 half',
      '"><script>',
      '=cmd|x',
      '$1 ? %s \\',
      '\u202e🦊',
    ]
    await commit({
      checks: hostile.map((output, n) => check(`h${n}`, { targetName: output, state: { ...bad('critical'), output } })),
    })
    const kept = await journal.stored()
    assert.equal(kept.length, hostile.length)
    for (const [n, text] of hostile.entries()) {
      if (/[\0\ud800]/.test(text)) continue // stands for itself as well as can be
      assert.equal(kept.find(({ id }) => id === `h${n}`)?.state.output, text)
    }
    assert.deepEqual(await found(everything, { q: 'SCRIPT' }), ['h3'])
    await found(everything, { q: '\0\ud800' }) // whatever it finds, it is no mistake
  })

  it('writes the newest of two words on a check, and forgets nothing that waits', async () => {
    await commit({
      checks: [check('a', { state: bad('warning') }), check('a', { state: bad('critical') })],
      transitions: [
        {
          ...{ check: 'a', rule: 'cpu', target: { kind: 'instance', id: 'i-a' }, targetName: null, project: 'p1', time: 1 },
          ...{ from: 'ok', to: 'critical', hard: true, attempt: 1, output: '' },
        },
      ],
      notifications: [{ message: message('a', 'problem', 5), contact: 'x', notifier: 'email', to: 'x@b.c' }],
    })
    assert.equal((await journal.check(everything, 'a'))?.state, 'critical')
    assert.deepEqual(await journal.waiting(), { count: 1, next: 5, oldest: 5 })
    const [due] = await dueBy(5)
    await journal.settle([{ id: due?.id ?? 0, time: 6, outcome: 'retry', reason: 'away', nextAttempt: 500 }], [])
    await journal.hurry(7, 'other')
    assert.equal((await journal.waiting()).next, 500)
    await journal.hurry(7, 'email')
    assert.deepEqual(await journal.waiting(), { count: 1, next: 7, oldest: 5 })
    const [again] = await dueBy(7)
    assert.deepEqual(again?.message, message('a', 'problem', 5))
    await journal.settle([{ id: again?.id ?? 0, time: 8, outcome: 'failed', reason: 'gone' }], [])
    assert.deepEqual(await dueBy(1e12), [])
  })

  it('knows checks that were never ok, and those that never were anything else', async () => {
    const first = (id: string, from: State, to: State, time = minute, project: string | null = 'p1') => ({
      ...{ check: id, rule: 'cpu', target: { kind: 'instance', id: `i-${id}` }, targetName: null, project, time },
      ...{ from, to, hard: true, attempt: 1, output: '' },
    })
    await commit({
      checks: [
        check('never', { state: bad('critical') }),
        check('worse', { state: bad('critical', { lastStateChange: 9 * minute }) }),
        check('once', { state: bad('critical') }),
        check('other', { state: bad('critical'), project: 'p2' }),
        check('steady'),
        check('moved'),
      ],
      transitions: [
        first('never', 'ok', 'critical'),
        first('worse', 'ok', 'warning'),
        first('other', 'ok', 'critical', minute, 'p2'),
        first('worse', 'warning', 'critical', 9 * minute),
        first('once', 'ok', 'critical', 3 * minute),
        first('moved', 'ok', 'critical', 3 * minute),
        first('moved', 'critical', 'ok', 4 * minute),
      ],
    })
    const never = await history.neverOk({ projects: ['p1'] }, minute, 10)
    assert.deepEqual(never.checks.map((one) => one.check).sort(), ['never', 'worse'])
    assert.equal((await history.neverOk(everything, minute, 1)).count, 3)
    assert.equal((await history.neverOk(everything, minute, 1)).checks.length, 1)
    assert.equal((await history.neverOk(everything, minute - 1, 1)).count, 0, 'too new to tell')
    const ids = async (since: number) => (await history.alwaysOk(everything, since, 10)).checks.map((one) => one.check)
    assert.deepEqual(await ids(2 * minute), ['steady'])
    assert.deepEqual((await ids(5 * minute)).sort(), ['moved', 'steady'])
    assert.deepEqual(await ids(minute - 1), [], 'not known for so long')
  })

  it('remembers who took what when, also when the acknowledgement is over', async () => {
    const ack = (time: number) => ({ author: 'bob', comment: '', time, sticky: false })
    await commit({ checks: [check('a', { state: bad('critical'), acknowledgement: ack(5) })] })
    await commit({ checks: [check('a', { state: bad('critical'), acknowledgement: ack(5) })] })
    await commit({ checks: [check('a')] })
    await commit({ checks: [check('a', { state: bad('warning'), acknowledgement: ack(9) })] })
    await commit({ notifications: [{ message: message('a', 'problem', 3), contact: 'x', notifier: 'email', to: 'x@b.c' }] })
    const [due] = await dueBy(10)
    await sent(due?.id ?? 0, 7, null)
    const facts = await history.fatigueFacts(everything, { before: 0, from: 0, to: 100 })
    assert.deepEqual(
      facts.acknowledged.map(({ check: id, time }) => `${id} ${time}`),
      ['a 5', 'a 9'],
    )
    assert.deepEqual(
      facts.told.map((one) => ({ ...one })),
      [{ check: 'a', time: 7, kind: 'problem', contact: 'x' }],
    )
    assert.deepEqual((await history.fatigueFacts({ projects: ['p2'] }, { before: 0, from: 0, to: 100 })).acknowledged, [])
    assert.deepEqual((await history.fatigueFacts(everything, { before: 0, from: 6, to: 9 })).acknowledged, [])
  })

  it('knows the conversation that a message belongs to: the first since the last recovery, at this address', async () => {
    const to = (kind: Message['kind'], contact = 'x') => ({
      ...{ message: message('a', kind, 1), contact, notifier: 'chat', to: contact },
    })
    const send = async (kind: Message['kind'], deliveryId: string | null, contact = 'x') => {
      await commit({ notifications: [to(kind, contact)] })
      const [due] = await dueBy(10)
      assert.ok(due)
      const before = await journal.conversation(due)
      await sent(due.id, 10, deliveryId)
      return before
    }
    await commit({ checks: [check('a')] })
    assert.equal(await send('problem', 'first'), null)
    assert.equal(await send('problem', 'second'), 'first')
    assert.equal(await send('problem', 'elsewhere', 'y'), null)
    assert.equal(await send('recovery', 'third'), 'first')
    assert.equal(await send('problem', null), null)
    assert.equal(await send('problem', 'fourth'), null)
    assert.equal(await send('acknowledgement', null), 'fourth')
  })

  it('writes a cycle of thousands of checks at once', async () => {
    const many = Array.from({ length: 4500 }, (_, n) => check(`c${n}`))
    await commit({ checks: many })
    assert.equal((await journal.stored()).length, many.length)
  }).timeout(30_000)
}
