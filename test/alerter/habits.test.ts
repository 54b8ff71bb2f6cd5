import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { nextDigest } from '../../alerter/delivery-plan.ts'
import { everything } from '../../model/access.ts'
import type { State } from '../../model/check.ts'
import { instantOf } from '../../model/wall-clock.ts'
import { instance, type Scene, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const minute = 60_000
const hour = 60 * minute
const rules = 'rules: [{ name: spoken, plugin: spoken, interval: 6h, attempts: 1, repeat: 0s }]'
/** The virtual clock begins on Thursday 1 January 2026, 00:00 UTC. */
const night = 'periods: [{ name: night, zone: UTC, lines: ["thursday 00:00-01:00", "thursday 02:00-03:00"] }]'

describe('how somebody wants to be told', () => {
  const root = temporaryDirectory()
  let s: Scene
  let t: ReturnType<typeof spokenScene>
  const begin = async (contacts: string, names = ['web']) => {
    t = spokenScene()
    const section = `{ kept: {}, pager: {}, zone: UTC, contacts: [${contacts}], ${night} }`
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, plugins: t.plugins })
    s.inventory.all = names.map((name) => instance(name))
    await s.pass(43_000)
  }
  const become = async (state: State, ...names: string[]) => {
    const all = names.length === 0 ? ['web'] : names
    for (const name of all) t.word.set(name, state)
    s.checkNow(all.map((id) => ({ kind: 'instance', id })))
    await s.pass(3000)
  }
  const until = async (ms: number) => s.pass(Date.UTC(2026, 0, 1) + ms - s.clock.now())
  const log = () => s.journal.decisions(everything, { limit: 100 })
  afterEach(() => s.stop())

  describe('quiet hours', () => {
    const anna = '{ name: anna, kept: anna, quiet: { period: night, pass: [critical] } }'

    it('hold a message until they are over, and say so', async () => {
      await begin(anna)
      await become('warning')
      assert.deepEqual(t.said(), [])
      const [held] = await log()
      assert.deepEqual([held?.outcome, held?.filter, held?.reason], ['waiting', 'quiet', 'quiet hours "night"'])
      await until(hour + 5000)
      assert.deepEqual(t.said(), ['anna: problem warning'])
      const [told] = await log()
      assert.deepEqual(
        [told?.outcome, told?.filter, told?.turns.map(({ outcome }) => outcome)],
        ['sent', 'quiet', ['held', 'sent']],
      )
    })

    it('let pass what may, and its recovery', async () => {
      await begin(anna)
      await become('critical')
      await become('ok')
      assert.deepEqual(t.said(), ['anna: problem critical', 'anna: recovery ok'])
    })

    it('say nothing of what came and went, and why', async () => {
      await begin(anna)
      await become('warning')
      await become('ok')
      await until(hour + 5000)
      assert.deepEqual(t.said(), [])
      assert.deepEqual(
        (await log()).map(({ outcome, reason }) => [outcome, reason]),
        [
          ['suppressed', 'over before the quiet hours were'],
          ['suppressed', 'over before the quiet hours were'],
        ],
      )
    })

    it('say only the last of several changes', async () => {
      await begin(anna)
      await become('warning')
      await become('ok')
      await become('unknown')
      await until(hour + 5000)
      assert.deepEqual(t.said(), ['anna: problem unknown'])
    })

    it('say the difference to what was heard before them', async () => {
      await begin(anna)
      await until(hour + 5000)
      await become('warning')
      await until(2 * hour + 5000)
      await become('ok')
      await become('warning')
      await until(3 * hour + 5000)
      assert.deepEqual(t.said(), ['anna: problem warning'])
      await become('ok')
      assert.deepEqual(t.said(), ['anna: problem warning', 'anna: recovery ok'])
    })

    it('tell a problem that somebody has taken meanwhile as that', async () => {
      await begin(`${anna}, { name: noc, kept: noc }`)
      await become('warning')
      const [problem] = await s.journal.problems(everything, {})
      await s.commands.acknowledge(everything, problem?.check ?? '', 'bruno', 'mine', false)
      await until(hour + 5000)
      assert.deepEqual(
        t.said().filter((line) => line.startsWith('anna')),
        ['anna: acknowledgement warning'],
      )
    })

    it('survive a restart', async () => {
      await begin(anna)
      await become('warning')
      await s.restart()
      await s.pass(20_000)
      assert.deepEqual(t.said(), [])
      await until(hour + 5000)
      assert.deepEqual(t.said(), ['anna: problem warning'])
    })
  })

  describe('a digest', () => {
    const anna = '{ name: anna, kept: anna, digest: { states: [warning], at: ["01:00", "02:00"] } }'
    const many = Array.from({ length: 12 }, (_, n) => `vm-${n}`)

    it('is one message a period with everything in it, recoveries too; what matters more comes at once', async () => {
      await begin(anna, [...many, 'db'])
      await become('warning', ...many)
      await become('ok', 'vm-3')
      await become('critical', 'db')
      assert.deepEqual(t.said(), ['anna: problem critical'])
      await until(hour + 5000)
      assert.equal(t.said().length, 2)
      const { items = [], problem } = t.sent[1]?.message ?? {}
      assert.equal(items.length, 13)
      assert.deepEqual(new Set(items.map(({ problem }) => problem.targetName)), new Set(many))
      assert.equal(problem?.longOutput?.split('\n').length, 13)
      assert.ok(items.every(({ kind, acknowledge }) => (kind === 'problem') === (acknowledge !== undefined)))
      const decisions = (await log()).filter(({ state, kind }) => kind === 'recovery' || state === 'warning')
      assert.ok(
        decisions.every(({ outcome, filter, deliveryId }) => outcome === 'sent' && filter === 'digest' && deliveryId === 'id-2'),
      )
      await until(2 * hour + 5000)
      assert.equal(t.said().length, 2)
      await become('ok', 'vm-1')
      await until(26 * minute + 2 * hour)
      assert.equal(t.said().length, 2)
    })

    it('survives a restart, and is sent when it should have been while the engine was away', async () => {
      await begin(anna, many)
      await become('warning', ...many)
      await s.stop()
      await until(hour + 20 * minute)
      await s.restart()
      await s.pass(5000)
      assert.equal(t.said().length, 1)
      assert.equal(t.sent[0]?.message.items?.length, 12)
    })

    const at = (title: string, digest: { at?: string[]; every?: number }, from: string, want: string) =>
      it(title, () => {
        const given = {
          ...{ states: ['warning'] as const, below: null, everyMs: digest.every ?? null },
          at: (digest.at ?? []).map((text) => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * minute),
        }
        const rome = (text: string) => instantOf('Europe/Rome', Date.parse(`${text}Z`))
        assert.equal(
          new Date(nextDigest({ digest: given, zone: 'Europe/Rome' }, rome(from))).toISOString(),
          new Date(rome(want)).toISOString(),
        )
      })
    at('comes at the next of its times', { at: ['08:00', '17:00'] }, '2026-03-03T08:00', '2026-03-03T17:00')
    at('or in the morning', { at: ['08:00', '17:00'] }, '2026-03-03T17:00', '2026-03-04T08:00')
    at('by the wall clock of the reader', { at: ['08:00'] }, '2026-03-28T09:00', '2026-03-29T08:00')
    at('every so many hours from midnight', { every: 4 * hour }, '2026-03-03T09:10', '2026-03-03T12:00')
  })

  describe('a limit', () => {
    const anna = '{ name: anna, kept: anna, rate: { most: 3, per: 1h } }'
    const many = Array.from({ length: 9 }, (_, n) => `vm-${n}`)

    it('lets its last message say what else there is', async () => {
      await begin(anna, many)
      await become('critical', ...many)
      assert.equal(t.said().length, 3)
      assert.equal(t.sent[2]?.message.items?.length, 7)
      const told = t.sent.flatMap(({ message }) => message.items ?? [message]).map(({ problem }) => problem.targetName)
      assert.deepEqual(told.sort(), [...many].sort())
    })

    it('holds what is over it until there is room, and then says it in one, with the reason', async () => {
      await begin(anna, many)
      for (const name of many.slice(0, 3)) await become('critical', name)
      await become('critical', ...many.slice(3))
      assert.equal(t.said().length, 3)
      const held = (await log()).filter(({ filter }) => filter === 'rate')
      assert.equal(held.length, 6)
      assert.equal(held[0]?.reason, 'more than 3 messages in 1 h: comes with the rest')
      await s.pass(hour)
      assert.equal(t.said().length, 4)
      assert.equal(t.sent[3]?.message.items?.length, 6)
    })
  })
})

describe('delivery', () => {
  const root = temporaryDirectory()
  let s: Scene
  let t: ReturnType<typeof spokenScene>
  const begin = async (section: string) => {
    t = spokenScene()
    s = await scene({
      directory: mkdtempSync(join(root(), 'journal-')),
      rules,
      section: `{ kept: {}, pager: {}, ${section} }`,
      plugins: t.plugins,
    })
    s.inventory.all = [instance('web')]
    await s.pass(43_000)
  }
  const become = async (state: State) => {
    t.word.set('web', state)
    s.checkNow([{ kind: 'instance', id: 'web' }])
    await s.pass(3000)
  }
  const away = { ok: false, retry: true, reason: 'connection refused' } as const
  afterEach(() => s.stop())

  it('to a receiver that hangs holds up no other, of the same notifier or another', async () => {
    await begin(
      'contacts: [{ name: anna, kept: anna, pager: anna-pager }, { name: bruno, kept: bruno }, { name: carla, pager: carla }]',
    )
    t.answers.set('anna', () => new Promise(() => {}))
    await become('critical')
    assert.deepEqual(t.sent.map(({ to }) => to).sort(), ['anna-pager', 'bruno', 'carla'])
    await become('ok')
    assert.deepEqual(
      t.sent
        .filter(({ message }) => message.kind === 'recovery')
        .map(({ to }) => to)
        .sort(),
      ['anna-pager', 'bruno', 'carla'],
    )
  })

  it('goes on where a receiver comes back, in order, each message once', async () => {
    await begin('contacts: [{ name: anna, kept: anna }, { name: bruno, kept: bruno }]')
    t.answers.set('anna', away)
    await become('critical')
    await become('ok')
    await become('warning')
    assert.equal(s.health.all().find(({ component }) => component === 'notify-kept')?.state, 'degraded')
    t.answers.delete('anna')
    await s.pass(20 * minute)
    assert.deepEqual(
      t.said().filter((line) => line.startsWith('anna')),
      ['anna: problem critical', 'anna: recovery ok', 'anna: problem warning'],
    )
    assert.equal(s.health.all().find(({ component }) => component === 'notify-kept')?.state, 'ok')
  })

  const fallback =
    'contacts: [{ name: anna, kept: anna, fallback: lead }, { name: lead, kept: lead, pager: lead-pager, onlyEscalated: true }]'

  it('tells the fallback after so many attempts, by another way, once, and goes on trying', async () => {
    await begin(`${fallback}, delivery: { afterAttempts: 3, after: 1d }`)
    t.answers.set('kept', away)
    await become('critical')
    await s.pass(40_000)
    assert.deepEqual(t.said(), [])
    await s.pass(minute)
    assert.deepEqual(t.said(), ['lead-pager: problem critical'])
    assert.match(
      t.sent[0]?.message.problem.longOutput ?? '',
      /^in place of anna, who cannot be reached by kept: connection refused/,
    )
    await s.restart()
    await s.pass(hour)
    assert.deepEqual(t.said(), ['lead-pager: problem critical'])
    t.answers.delete('kept')
    await s.pass(16 * minute)
    assert.deepEqual(t.said(), ['lead-pager: problem critical', 'anna: problem critical'])
    const log = await s.journal.decisions(everything, { limit: 20 })
    const own = log.find(({ contact }) => contact === 'anna')
    assert.equal(log.find(({ contact }) => contact === 'lead')?.standsFor, own?.id)
    assert.deepEqual([own?.outcome, own?.turns.at(-1)?.outcome, own?.turns[0]?.outcome], ['sent', 'sent', 'retry'])
  })

  it('tells the fallback after a time, also what came while the receiver was known to fail', async () => {
    await begin(`${fallback}, delivery: { afterAttempts: 100, after: 10m }`)
    t.answers.set('kept', away)
    await become('critical')
    await s.pass(9 * minute)
    assert.deepEqual(t.said(), [])
    await s.pass(minute + 5000)
    assert.deepEqual(t.said(), ['lead-pager: problem critical'])
    await become('ok')
    await s.pass(10 * minute + 5000)
    assert.deepEqual(t.said(), ['lead-pager: problem critical', 'lead-pager: recovery ok'])
  })

  it('tells the fallback at once what is refused for good', async () => {
    await begin(fallback)
    t.answers.set('anna', { ok: false, retry: false, reason: 'no such mailbox' })
    await become('critical')
    await s.pass(2000)
    assert.deepEqual(t.said(), ['lead-pager: problem critical'])
  })

  it('that fails is a problem of its own, told by another way', async () => {
    const { plugin: delivery } = await import('../../plugins/check-delivery/plugin.ts')
    t = spokenScene()
    const both = `rules: [{ name: spoken, plugin: spoken, interval: 6h, attempts: 1, repeat: 0s },
      { name: delivery, plugin: delivery, interval: 10s, attempts: 1, targets: { names: ["notify-*"] } }]`
    const section =
      '{ kept: {}, pager: {}, contacts: [{ name: anna, kept: anna }, { name: bruno, kept: bruno, pager: bruno-pager }] }'
    const plugins = [...t.plugins, delivery] as typeof t.plugins
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules: both, section, plugins })
    s.inventory.all = [instance('web')]
    await s.pass(43_000)
    t.answers.set('kept', away)
    await become('critical')
    await s.pass(3 * minute)
    assert.deepEqual(
      t.sent
        .filter(({ message }) => message.problem.rule === 'delivery')
        .map(({ to, message }) => `${to} ${message.problem.targetName} ${message.problem.state}`),
      ['bruno-pager notify-kept warning'],
    )
    const log = await s.journal.decisions(everything, { rule: 'delivery', contact: 'anna', limit: 20 })
    assert.ok(log.some(({ filter }) => filter === 'no-other-way'))
  })
})
