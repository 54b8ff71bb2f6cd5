import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { alerterSection } from '../../alerter/section.ts'
import { load } from '../../config/load.ts'
import { everything } from '../../model/access.ts'
import { instance, type Scene, type SceneOptions, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const minute = 60_000
const hour = 60 * minute

const { word, plugins, forget, said } = spokenScene()
const rules = `rules: [{ name: spoken, plugin: spoken, interval: 1m, retryInterval: 10s, attempts: 1, repeat: 10m }]`
const section = `{ kept: {}, contacts: [{ name: alice, kept: alice, states: [warning, critical, recovery, downtime] }] }`

describe('planned downtimes, periods, escalations and dependencies of the running engine', () => {
  const root = temporaryDirectory()
  let s: Scene
  const begin = async (options: Partial<SceneOptions> = {}) => {
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules, section, plugins, ...options })
    s.inventory.all = [instance('web')]
    await s.pass(45_000)
  }
  beforeEach(forget)
  afterEach(() => s.stop())

  const onlyCheck = async () => {
    const [check] = await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })
    return check?.check ?? ''
  }
  const reasons = async (check: string) =>
    (await s.journal.notifications(everything, check, 50))
      .filter(({ outcome }) => outcome === 'suppressed')
      .map(({ reason }) => reason)
  const plan = async (over: Partial<Parameters<typeof s.commands.scheduleDowntime>[1]> = {}) =>
    s.commands.scheduleDowntime(everything, {
      ...{ check: await onlyCheck(), wholeTarget: false, by: 'bob', comment: 'new kernel', flexibleMs: null },
      ...{ start: s.clock.now(), end: s.clock.now() + hour },
      ...over,
    })

  it('tells nobody in a downtime, says why, and tells a problem that outlasts it', async () => {
    await begin()
    assert.equal((await plan())?.ok, true)
    word.set('web', 'critical')
    await s.pass(30 * minute)
    assert.deepEqual(said(), ['alice: downtime-start ok'])
    assert.deepEqual(await reasons(await onlyCheck()), ['planned downtime by bob: new kernel'])
    await s.pass(32 * minute)
    assert.deepEqual(said(), ['alice: downtime-start ok', 'alice: downtime-end critical', 'alice: problem critical'])
    const [over] = await s.journal.downtimes(everything, await onlyCheck(), 5)
    assert.deepEqual([over?.outcome, over?.active], ['over', false])
  })

  it('tells a recovery that fell into a downtime once the downtime is over', async () => {
    await begin()
    word.set('web', 'critical')
    await s.pass(2 * minute)
    await plan()
    word.set('web', 'ok')
    await s.pass(50 * minute)
    assert.deepEqual(said(), ['alice: problem critical', 'alice: downtime-start critical'])
    await s.pass(30 * minute)
    assert.deepEqual(said().slice(2), ['alice: downtime-end ok', 'alice: recovery ok'])
  })

  it('nagiosCompatible forgets that recovery', async () => {
    await begin({ section: section.replace('kept: {},', 'kept: {}, nagiosCompatible: true,') })
    word.set('web', 'critical')
    await s.pass(2 * minute)
    await plan()
    word.set('web', 'ok')
    await s.pass(90 * minute)
    assert.ok(!said().includes('alice: recovery ok'))
  })

  it('a downtime survives a restart, also one that ends while nothing runs', async () => {
    await begin()
    await plan()
    word.set('web', 'critical')
    await s.pass(2 * minute)
    await s.restart()
    await s.pass(5 * minute)
    assert.deepEqual(said(), ['alice: downtime-start ok'])
    await s.stop()
    await s.pass(2 * hour)
    await s.restart()
    await s.pass(2 * minute)
    assert.deepEqual(said().slice(1), ['alice: downtime-end critical', 'alice: problem critical'])
  })

  it('a flexible downtime begins with the problem and lasts from there; one that was never needed goes', async () => {
    await begin()
    await plan({ flexibleMs: 20 * minute })
    await s.pass(40 * minute)
    word.set('web', 'critical')
    await s.pass(10 * minute)
    assert.deepEqual(said(), ['alice: downtime-start critical'])
    await s.pass(13 * minute)
    assert.deepEqual(said().slice(1), ['alice: downtime-end critical', 'alice: problem critical'])
    word.set('web', 'ok')
    await s.pass(2 * minute)
    await plan({ flexibleMs: 20 * minute, end: s.clock.now() + 5 * minute })
    await s.pass(7 * minute)
    const [latest] = await s.journal.downtimes(everything, await onlyCheck(), 5)
    assert.equal(latest?.outcome, 'never needed')
  })

  it('cancels a downtime and what began with it, and only in scope', async () => {
    await begin()
    const first = await plan()
    assert.ok(first?.ok)
    const second = await plan({ triggeredBy: first.id, end: s.clock.now() + 3 * hour })
    assert.ok(second?.ok)
    assert.equal(await s.commands.cancelDowntime({ projects: ['other'] }, first.id, 'eve'), false)
    assert.equal(await s.commands.cancelDowntime(everything, first.id, 'bob'), true)
    assert.equal(await s.commands.cancelDowntime(everything, first.id, 'bob'), false)
    const outcomes = (await s.journal.downtimes(everything, await onlyCheck(), 5)).map(({ outcome }) => outcome)
    assert.deepEqual(outcomes, ['cancelled', 'cancelled'])
    assert.equal(await s.journal.downtimes({ projects: ['other'] }, await onlyCheck(), 5).then((all) => all.length), 0)
  })

  it('refuses a downtime that cannot be, or for a check that is not in scope', async () => {
    await begin()
    assert.deepEqual(await plan({ end: s.clock.now() - 1 }), { ok: false, reason: 'it ends before it begins' })
    assert.equal((await plan({ triggeredBy: 'nothing' }))?.ok, false)
    const request = {
      check: await onlyCheck(),
      wholeTarget: false,
      by: 'eve',
      comment: '',
      flexibleMs: null,
      start: 0,
      end: 9e15,
    }
    assert.equal(await s.commands.scheduleDowntime({ projects: ['other'] }, request), null)
  })

  it('a downtime comes again with its period, in its time zone', async () => {
    // The clock starts on Thursday, 2026-01-01 00:00 UTC: 09:00 in Tokyo.
    await begin({
      section: `{ kept: {}, contacts: [{ name: alice, kept: alice }],
        periods: [{ name: patching, zone: Asia/Tokyo, lines: ['thursday 09:00-10:00'] }],
        downtimes: [{ name: weekly, period: patching, comment: patches, targets: { names: ['w*'] } }] }`,
    })
    word.set('web', 'critical')
    await s.pass(50 * minute)
    assert.deepEqual(said(), [])
    assert.deepEqual(await reasons(await onlyCheck()), ['planned downtime "weekly": patches'])
    await s.pass(15 * minute)
    assert.deepEqual(said(), ['alice: problem critical'])
  })

  it('an acknowledgement ends at its time, and the problem is told again at once', async () => {
    await begin({ rules: rules.replace('repeat: 10m', 'repeat: 0s') })
    word.set('web', 'critical')
    await s.pass(2 * minute)
    const check = await onlyCheck()
    const until = s.clock.now() + 30 * minute
    assert.equal(
      await s.commands.acknowledge(everything, check, 'bob', 'after lunch', true, { until, persistent: true, notify: false }),
      true,
    )
    await s.restart()
    await s.pass(29 * minute)
    assert.deepEqual(said(), ['alice: problem critical'])
    await s.pass(3 * minute)
    assert.deepEqual(said(), ['alice: problem critical', 'alice: problem critical'])
    assert.equal((await s.journal.check(everything, check))?.acknowledgement, null)
    assert.deepEqual(
      (await s.journal.comments(everything, check, 5)).map(({ author, text }) => [author, text]),
      [['bob', 'after lunch']],
    )
  })

  it('from the second notification on it tells the one whom the escalation names, with its own pause', async () => {
    await begin({
      section: `{ kept: {}, contacts: [{ name: alice, kept: alice }, { name: boss, kept: boss, onlyEscalated: true }],
        escalations: [{ first: 2, contacts: [boss], repeat: 30m }] }`,
    })
    word.set('web', 'critical')
    await s.pass(12 * minute)
    await s.pass(minute)
    assert.deepEqual(said(), ['alice: problem critical', 'boss: problem critical'])
    await s.pass(25 * minute)
    assert.equal(said().length, 2)
    word.set('web', 'ok')
    await s.pass(2 * minute)
    assert.deepEqual(said().slice(2), ['alice: recovery ok', 'boss: recovery ok'])
  })

  it('says of each contact why it does not hear', async () => {
    await begin({
      section: `{ kept: {}, zone: UTC, periods: [{ name: day, lines: ['thursday 08:00-20:00'] }],
        contacts: [{ name: alice, kept: alice }, { name: day, kept: day, period: day },
          { name: picky, kept: picky, importance: 5 }, { name: calm, kept: calm, states: [warning] }] }`,
    })
    word.set('web', 'critical')
    await s.pass(2 * minute)
    assert.deepEqual(said(), ['alice: problem critical'])
    const silent = (await s.journal.notifications(everything, await onlyCheck(), 10)).filter(
      ({ outcome }) => outcome === 'suppressed',
    )
    assert.deepEqual(
      new Map(silent.map(({ contact, reason }) => [contact, reason])),
      new Map([
        ['day', 'outside the contact\'s period "day"'],
        ['picky', 'it matters 0, and only 5 and more is wanted'],
        ['calm', 'the contact does not want critical'],
      ]),
    )
  })

  it('tells nothing of a check whose master explains it, and does not run one that would be pointless', async () => {
    await begin({
      rules: `rules:
        - { name: base, plugin: spoken, interval: 1m, attempts: 1, config: { as: base- } }
        - { name: untold, plugin: spoken, interval: 1m, attempts: 1, dependsOn: [{ rule: base }] }
        - { name: unchecked, plugin: spoken, interval: 1m, attempts: 1, dependsOn: [{ rule: base, holds: checks }] }`,
    })
    word.set('base-web', 'critical')
    await s.pass(2 * minute)
    word.set('web', 'critical')
    await s.pass(5 * minute)
    assert.deepEqual(said(), ['alice: problem critical'])
    const checks = await s.journal.checksOf(everything, { kind: 'instance', id: 'web' })
    const of = (rule: string) => checks.find((one) => one.rule === rule)
    assert.deepEqual([of('untold')?.state, of('unchecked')?.state], ['critical', 'ok'])
    assert.deepEqual(await reasons(of('untold')?.check ?? ''), ['base on web is critical'])
    word.set('base-web', 'ok')
    await s.pass(3 * minute)
    assert.equal(said().filter((line) => line === 'alice: problem critical').length, 3)
  })
})

describe('the alerter section', () => {
  const errors = (text: string) => {
    const loaded = load(text, alerterSection(plugins))
    return loaded.ok ? [] : loaded.errors.map(({ path, message }) => `${path}: ${message}`)
  }
  const refuses = (title: string, text: string, ...wanted: string[]) =>
    it(`refuses ${title}`, () => assert.deepEqual(errors(text), wanted))
  refuses(
    'an escalation to nobody that is known',
    '{ escalations: [{ first: 2, contacts: [boss] }] }',
    'escalations[0].contacts: no contact, group or rota is named "boss"',
  )
  refuses(
    'a downtime without its period',
    '{ downtimes: [{ name: weekly, period: patching }] }',
    'downtimes[0].period: no period is named "patching" (known: none)',
  )
  refuses(
    'a period that makes no sense',
    "{ periods: [{ name: odd, lines: ['someday 09:00-17:00'] }] }",
    'periods[0]: odd: "someday" is not a day',
  )
  it('takes single quirks, and all at once', () => {
    const read = (text: string) => {
      const loaded = load(text, alerterSection(plugins))
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
      return loaded.value.quirks
    }
    assert.equal(read('{}').forgetHeldRecoveries, false)
    assert.equal(read('{ nagiosCompatible: true }').forgetHeldRecoveries, true)
    assert.equal(read('{ nagiosCompatible: true, quirks: { forgetHeldRecoveries: false } }').forgetHeldRecoveries, false)
  })
})
