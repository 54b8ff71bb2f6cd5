import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { instance, type Scene, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const minute = 60_000
const rules = 'rules: [{ name: spoken, plugin: spoken, interval: 1m, attempts: 1, repeat: 1d }]'
const contacts = `contacts: [{ name: noc, kept: noc }, { name: anna, kept: anna, onlyEscalated: true },
  { name: bruno, kept: bruno, onlyEscalated: true }, { name: carla, kept: carla, onlyEscalated: true },
  { name: lead, kept: lead, onlyEscalated: true }]`
/** The virtual clock begins on Thursday 1 January 2026, 00:00 UTC, which is 01:00 in Rome. */
const rota = `rotas: [{ name: duty, layers: [{ members: [anna, bruno, carla], begins: 2025-12-29, handOver: "02:00", every: 1d }] }]`
const chain = `chains: [{ name: net, steps: [{ tell: [duty] }, { after: 10m, tell: [duo] }, { after: 20m, tell: [lead], repeat: 15m }] }]`
const groups = 'groups: [{ name: duo, members: [bruno, carla] }]'

describe('a chain of escalation', () => {
  const root = temporaryDirectory()
  let s: Scene
  let t: ReturnType<typeof spokenScene>
  const begin = async (section = `{ kept: {}, ${contacts}, ${groups}, ${rota}, ${chain} }`) => {
    t = spokenScene()
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, plugins: t.plugins })
    s.inventory.all = [instance('web')]
    await s.pass(43_000)
  }
  const fail = async () => {
    t.word.set('web', 'critical')
    await s.pass(70_000)
  }
  const problem = async () => (await s.journal.problems(everything, {}))[0]?.check ?? ''
  afterEach(() => s.stop())

  it('tells the rota with the problem, the next after their time, and goes on telling the last', async () => {
    await begin()
    await fail()
    // 29 December anna, 30 bruno, 31 carla: her day ends at 02:00 of 1 January
    assert.deepEqual(t.said(), ['noc: problem critical', 'carla: problem critical'])
    await s.pass(10 * minute)
    assert.deepEqual(t.said().slice(2), ['bruno: problem critical', 'carla: problem critical'])
    assert.deepEqual(t.sent[2]?.message.escalation, { chain: 'net', step: 2, steps: 3 })
    await s.pass(20 * minute)
    assert.deepEqual(t.said().slice(4), ['lead: problem critical'])
    await s.pass(31 * minute)
    assert.deepEqual(t.said().slice(5), ['lead: problem critical', 'lead: problem critical'])
  })

  it('stops at an acknowledgement, and goes on where it was when that ends', async () => {
    await begin()
    await fail()
    await s.pass(4 * minute)
    const until = s.clock.now() + 60 * minute
    assert.equal(await s.commands.acknowledge(everything, await problem(), 'carla', '', false, { until, notify: false }), true)
    await s.pass(59 * minute)
    assert.equal(t.said().length, 2)
    await s.pass(4 * minute)
    // the acknowledgement is over: those who knew are told again, the rest of the ten minutes still runs
    assert.deepEqual(t.said().slice(2), ['noc: problem critical', 'carla: problem critical'])
    await s.pass(5 * minute)
    assert.deepEqual(t.said().slice(4), ['bruno: problem critical', 'carla: problem critical'])
    const log = await s.journal.decisions(everything, { check: await problem(), limit: 50 })
    assert.ok(log.some(({ filter, reason }) => filter === 'acknowledged' && reason?.includes('chain "net" waits')))
  })

  it('stops at the recovery, which all hear who heard of the problem, and nobody else', async () => {
    await begin()
    await fail()
    await s.pass(11 * minute)
    t.word.set('web', 'ok')
    await s.pass(2 * minute)
    assert.deepEqual(t.said().slice(4).sort(), ['bruno: recovery ok', 'carla: recovery ok', 'noc: recovery ok'])
    await s.pass(60 * minute)
    assert.equal(t.said().length, 7)
  })

  it('keeps to those who were on call when the problem began', async () => {
    await begin(
      `{ kept: {}, ${contacts}, ${groups}, ${rota}, chains: [{ name: net, steps: [{ tell: [lead] }, { after: 90m, tell: [duty] }] }] }`,
    )
    await fail()
    await s.pass(91 * minute)
    assert.deepEqual(s.onCall.named('duty', s.clock.now()), ['anna'])
    assert.deepEqual(t.said().slice(2), ['carla: problem critical'])
  })

  it('goes on after a restart, and what became due meanwhile is told at once', async () => {
    await begin()
    await fail()
    await s.stop()
    await s.pass(12 * minute)
    await s.restart()
    await s.pass(3000)
    assert.deepEqual(t.said().slice(2), ['bruno: problem critical', 'carla: problem critical'])
    await s.restart()
    await s.pass(3000)
    assert.equal(t.said().length, 4)
  })

  it('does not wait for a step that reaches nobody, and says so', async () => {
    const empty = `rotas: [{ name: duty, layers: [{ members: [anna], begins: 2027-01-01 }] }]`
    await begin(
      `{ kept: {}, ${contacts}, ${groups}, ${empty}, chains: [{ name: net, steps: [{ tell: [lead] }, { after: 10m, tell: [duty] }, { after: 60m, tell: [duo] }] }] }`,
    )
    await fail()
    await s.pass(10 * minute)
    assert.deepEqual(t.said().slice(2), ['bruno: problem critical', 'carla: problem critical'])
    const log = await s.journal.decisions(everything, { limit: 50 })
    assert.ok(log.some(({ reason }) => reason === 'step 2 of chain "net" reached nobody (duty): the next is told'))
  })

  it('is held by a downtime, and goes on after it', async () => {
    await begin()
    await fail()
    const request = {
      check: await problem(),
      wholeTarget: false,
      by: 'ada',
      comment: '',
      start: s.clock.now(),
      end: s.clock.now() + 30 * minute,
    }
    await s.commands.scheduleDowntime(everything, { ...request, flexibleMs: null })
    await s.pass(29 * minute)
    assert.equal(t.said().length, 2)
    await s.pass(2 * minute)
    assert.deepEqual(t.said().slice(2), ['bruno: problem critical', 'carla: problem critical'])
  })

  it('tells whoever stands in, as entered while it runs', async () => {
    await begin()
    const override = {
      rota: 'duty',
      who: 'bruno',
      instead: 'carla',
      from: s.clock.now(),
      to: s.clock.now() + 60 * minute,
      by: 'ada',
      comment: '',
    }
    assert.equal((await s.onCall.addOverride(override)).ok, true)
    await fail()
    assert.deepEqual(t.said(), ['noc: problem critical', 'bruno: problem critical'])
  })

  it('goes through all of it as often as it is asked to', async () => {
    await begin(
      `{ kept: {}, ${contacts}, chains: [{ name: net, rounds: 2, steps: [{ tell: [anna] }, { after: 5m, tell: [bruno] }] }] }`,
    )
    await fail()
    await s.pass(30 * minute)
    assert.deepEqual(
      t.said().slice(1),
      ['anna', 'bruno', 'anna', 'bruno'].map((who) => `${who}: problem critical`),
    )
  })
})
