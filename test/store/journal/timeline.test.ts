import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { everything } from '../../../model/access.ts'
import type { Action, ActionQuery } from '../../../model/contract.ts'
import type { RecordedEvent } from '../../../model/event.ts'
import { openAccounts } from '../../../store/journal/accounts.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { timelineJournal } from '../../../store/journal/timeline.ts'
import { random } from '../../support/random.ts'
import { mainRun, messagesOf } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const now = Date.UTC(2026, 10, 23)

function recordedRun(): RecordedEvent[] {
  return messagesOf(mainRun).map((message) => {
    const read = readRecorded(message)
    assert.ok(read.ok)
    return read.recorded
  })
}

describe('the timeline of the recorded run', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const events = recordedRun()
  let db: Database
  const timeline = () => timelineJournal(db, new VirtualClock(now))
  const actions = (query: Partial<ActionQuery> = {}, scope = everything) => timeline().actions(scope, { limit: 1000, ...query })

  before(async () => {
    db = openDatabase(`${directory()}/main`)
    const journal = eventJournal(db)
    for (let at = 0; at < events.length; at += 700) await journal.record(events.slice(at, at + 700))
  })
  after(() => db.close())

  it('has one entry for each thing that somebody did', async () => {
    const counts = new Map<string, number>()
    for (const { verb, result } of await actions({ service: 'nova' })) {
      const key = `${verb} ${result}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    const of = (verb: string) => counts.get(verb) ?? 0
    assert.deepEqual(
      [
        of('instance.create ok'),
        of('instance.delete ok'),
        of('instance.resize ok'),
        of('instance.live_migration ok'),
        of('instance.shelve ok'),
      ],
      [141, 141, 4, 2, 3],
    )
    // two that the scheduler found no host for
    const failed = await actions({ service: 'nova', result: 'failed', verb: 'instance.' })
    assert.deepEqual(failed.map(({ verb, reason }) => [verb, reason?.slice(0, 27)]).sort(), [
      ['instance.create', 'No valid host was found.'],
      ['instance.resize', 'No valid host was found. Th'],
    ])
  })

  it('says who, to what by name, of which project, and where it ended', async () => {
    const [resize] = await actions({ verb: 'instance.resize', result: 'ok', limit: 1 })
    assert.ok(resize?.actor?.name)
    assert.match(resize.resource.name ?? '', /^[a-z]+-/)
    assert.match(resize.host ?? '', /^compute-/)
    assert.ok(resize.until > resize.time && resize.request?.startsWith('req-'))
  })

  it('does not depend on the order or repetition of the messages', async () => {
    const facts = (all: readonly Action[]) =>
      all.map(({ seq: _seq, resource, ...rest }) => JSON.stringify([rest.request === null ? null : rest, resource])).sort()
    const sorted = async (one: Database) => {
      const journal = timelineJournal(one, new VirtualClock(now))
      const all: Action[] = []
      for (let before: ActionQuery['before']; ; ) {
        const page = await journal.actions(everything, { limit: 500, parts: true, ...(before && { before }) })
        all.push(...page)
        const last = page.at(-1)
        if (!last || page.length < 500) return facts(all)
        before = { time: last.time, seq: last.seq }
      }
    }
    const other = openDatabase(`${directory()}/shuffled`)
    const draw = random(7)
    const shuffled = events
      .map((event) => ({ event, key: draw() }))
      .sort((a, b) => a.key - b.key)
      .map(({ event }) => event)
    const journal = eventJournal(other)
    for (let at = 0; at < shuffled.length; at += 900) await journal.record(shuffled.slice(at, at + 1000))
    assert.deepEqual(await sorted(other), await sorted(db))
    other.close()
  })

  it('shows one action with the events under it and what the request did elsewhere', async () => {
    const [resize] = await actions({ verb: 'instance.resize', result: 'ok', limit: 1 })
    const found = await timeline().action(everything, resize?.seq as number)
    assert.ok(found && found.events.length >= 6)
    assert.ok(found.events.every(({ request, resource }) => request === resize?.request && resource?.id === resize?.resource.id))
    assert.equal(await timeline().action({ projects: ['other'] }, resize?.seq as number), null)
  })

  it('is searched by actor, resource, verb, result, address and any text, and by all of them together', async () => {
    const [one] = await actions({ verb: 'instance.reboot', limit: 1 })
    assert.ok(one?.actor?.name && one.resource.name)
    for (const query of [
      { actor: one.actor.name },
      { actor: one.actor.id },
      { actor: one.actor.name.toUpperCase() },
      { resource: one.resource.name },
      { resource: one.resource.id },
      { q: one.resource.name.slice(1, -1) },
      { q: one.request as string },
      { q: one.actor.name.slice(0, 4) },
      { project: one.project as string },
      { verb: 'instance.' },
    ]) {
      const found = await actions({ ...query, service: 'nova', from: one.time, to: one.time + 1 })
      assert.ok(
        found.some(({ seq }) => seq === one.seq),
        JSON.stringify(query),
      )
    }
    for (const query of [
      { q: '%' },
      { q: "' OR 1=1 --" },
      { actor: 'nobody' },
      { resource: 'nothing' },
      { address: '203.0.113.1' },
      { verb: 'none.' },
    ])
      assert.deepEqual(await actions(query), [], JSON.stringify(query))
    assert.ok((await actions({ address: '127.0.0.1' })).every(({ service }) => service === 'keystone'))
  })

  it('is paged without gap or repetition', async () => {
    const whole = (await actions()).map(({ seq }) => seq)
    const paged: number[] = []
    let before: ActionQuery['before']
    while (paged.length < whole.length) {
      const page = await actions({ limit: 77, ...(before && { before }) })
      paged.push(...page.map(({ seq }) => seq))
      const last = page.at(-1) as Action
      before = { time: last.time, seq: last.seq }
    }
    assert.deepEqual(paged.slice(0, whole.length), whole)
  })

  it('shows a project only what was done to its own', async () => {
    const projects = [...new Set((await actions({ service: 'nova' })).map(({ project }) => project))].filter((id) => id !== null)
    const [own, other] = projects as [string, string]
    const scope = { projects: [own] }
    const mine = await actions({}, scope)
    assert.ok(mine.length > 0 && mine.every(({ project }) => project === own))
    for (const query of [
      { project: other },
      { q: 'vm' },
      { actor: 'admin' },
      { result: 'failed' as const },
      { parts: true },
      { verb: 'instance.' },
    ])
      assert.ok(
        (await actions(query, scope)).every(({ project }) => project === own),
        JSON.stringify(query),
      )
    const two = await actions({}, { projects: [own, other] })
    assert.ok(two.every(({ time }, n) => n === 0 || time <= (two[n - 1] as Action).time))
    assert.deepEqual(await actions({}, { projects: [] }), [])
  })

  it('has what we do ourselves in it, for those who see everything', async () => {
    const entry = {
      time: now - 1000,
      who: 'nino',
      what: 'problem.acknowledge',
      object: 'check-1',
      detail: 'on it',
      from: '10.0.0.7',
    }
    await openAccounts(db).audit(entry)
    const [own] = await actions({ service: 'specola' })
    assert.deepEqual(
      [own?.actor?.name, own?.verb, own?.resource.id, own?.address, own?.result, own?.time],
      ['nino', 'problem.acknowledge', 'check-1', '10.0.0.7', 'ok', now - 1000],
    )
    assert.equal((await actions({ actor: 'nino' })).length, 1)
    assert.deepEqual(await actions({ service: 'specola' }, { projects: [own?.project ?? 'x'] }), [])
  })
})

describe('a journal of before the timeline', () => {
  const directory = temporaryDirectory()

  it('gets what was heard and what was done from its own events, once', async () => {
    const events = recordedRun().slice(0, 2000)
    const whole = openDatabase(`${directory()}/whole`)
    await eventJournal(whole).record(events)
    const old = openDatabase(`${directory()}/old`)
    await eventJournal(old).record(events.slice(0, 1500))
    for (const table of ['heard', 'audited', 'action', 'subject']) old.run(`DELETE FROM ${table}`)
    await eventJournal(old).record(events.slice(1500))
    for (const sql of [
      'SELECT * FROM heard ORDER BY 1, 2, 3',
      'SELECT * FROM audited ORDER BY 1, 2, 3',
      'SELECT id, name FROM subject ORDER BY 1',
      'SELECT root, resource_id, verb, result, start, stop, actor, fold FROM action ORDER BY 1, 2',
    ])
      assert.deepEqual(old.all(sql), whole.all(sql), sql)
    whole.close()
    old.close()
  })
})
