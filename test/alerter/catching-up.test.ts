import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../model/access.ts'
import { instance, type Scene, scene } from '../support/alerting.ts'
import { spokenScene } from '../support/spoken.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const minute = 60_000
const hour = 60 * minute
/** Rarely checked: what is told soon after a hold is not told by the next regular result. */
const rules = 'rules: [{ name: spoken, plugin: spoken, interval: 6h, attempts: 1, repeat: 0s }]'
/** The virtual clock begins on 1 January 2026, 00:00 UTC. */
const day = 'periods: [{ name: day, zone: UTC, lines: ["thursday 02:00-03:00,04:00-05:00"] }]'

describe('what somebody heard and the truth', () => {
  const root = temporaryDirectory()
  let s: Scene
  let t: ReturnType<typeof spokenScene>
  const begin = async (contacts: string, more = '', given = rules) => {
    t = spokenScene()
    const section = `{ kept: {}, contacts: [${contacts}], ${day} ${more} }`
    s = await scene({ directory: mkdtempSync(join(root(), 'journal-')), rules: given, section, plugins: t.plugins })
    s.inventory.all = [instance('web')]
    await s.pass(43_000)
  }
  const become = async (state: 'ok' | 'warning' | 'critical') => {
    t.word.set('web', state)
    s.checkNow([{ kind: 'instance', id: 'web' }])
    await s.pass(3000)
  }
  /** Until so long after the start. */
  const until = async (ms: number) => s.pass(Date.UTC(2026, 0, 1) + ms - s.clock.now())
  const check = async () => (await s.journal.checksOf(everything, { kind: 'instance', id: 'web' }))[0]?.check ?? ''
  const downtime = async (ms: number) =>
    s.commands.scheduleDowntime(everything, {
      ...{ check: await check(), wholeTarget: false, by: 'ada', comment: '', flexibleMs: null },
      ...{ start: s.clock.now(), end: s.clock.now() + ms },
    })
  afterEach(() => s.stop())

  const always = '{ name: noc, kept: noc }'
  const byDay = '{ name: dora, kept: dora, period: day }'

  it('agree at the beginning of a contact’s own period: a problem that the others heard of', async () => {
    await begin(`${always}, ${byDay}`)
    await become('critical')
    assert.deepEqual(t.said(), ['noc: problem critical'])
    await until(2 * hour + 10_000)
    assert.deepEqual(t.said(), ['noc: problem critical', 'dora: problem critical'])
    await until(3.7 * hour)
    assert.equal(t.said().length, 2)
  })

  it('agree at the beginning of a contact’s own period: a recovery that came outside of it', async () => {
    await begin(`${always}, ${byDay}`)
    await until(2.2 * hour)
    await become('critical')
    await until(3.2 * hour)
    await become('ok')
    assert.deepEqual(t.said().slice(2), ['noc: recovery ok'])
    await until(4 * hour + 10_000)
    assert.deepEqual(t.said().slice(3), ['dora: recovery ok'])
    await until(5 * hour)
    assert.equal(t.said().length, 4)
  })

  it('agree without a word when it is again as they heard it', async () => {
    await begin(`${always}, ${byDay}`)
    await until(2.2 * hour)
    await become('critical')
    await until(3.2 * hour)
    await become('ok')
    await until(3.5 * hour)
    await become('critical')
    await until(4.2 * hour)
    assert.deepEqual(
      t.said().filter((line) => line.startsWith('dora')),
      ['dora: problem critical'],
    )
  })

  it('agree when somebody was never told at all: nothing is said of what is over', async () => {
    await begin(`${always}, ${byDay}`)
    await become('critical')
    await become('ok')
    await until(4.2 * hour)
    assert.deepEqual(t.said(), ['noc: problem critical', 'noc: recovery ok'])
  })

  it('agree at once at the end of a downtime: a problem', async () => {
    await begin(always)
    await downtime(hour)
    await become('critical')
    assert.deepEqual(t.said(), [])
    await s.pass(hour + 12_000)
    assert.deepEqual(t.said(), ['noc: problem critical'])
  })

  it('agree at once at the end of a downtime: a recovery', async () => {
    await begin(always)
    await become('critical')
    await downtime(hour)
    await become('ok')
    assert.deepEqual(t.said(), ['noc: problem critical'])
    await s.pass(hour + 12_000)
    assert.deepEqual(t.said(), ['noc: problem critical', 'noc: recovery ok'])
  })

  it('agree at once when an acknowledgement runs out', async () => {
    await begin(always)
    await become('critical')
    await s.commands.acknowledge(everything, await check(), 'ada', '', false, { until: s.clock.now() + hour, notify: false })
    await s.pass(hour - 10_000)
    assert.equal(t.said().length, 1)
    await s.pass(25_000)
    assert.deepEqual(t.said(), ['noc: problem critical', 'noc: problem critical'])
  })

  it('agree at once when the period of the rule begins: a problem, and a recovery', async () => {
    await begin(always, '', rules.replace('repeat: 0s', 'repeat: 0s, period: day'))
    await become('critical')
    await until(2 * hour + 12_000)
    assert.deepEqual(t.said(), ['noc: problem critical'])
    await until(3.2 * hour)
    await become('ok')
    assert.equal(t.said().length, 1)
    await until(4 * hour + 12_000)
    assert.deepEqual(t.said(), ['noc: problem critical', 'noc: recovery ok'])
  })

  it('agree at once when what it depends on is back', async () => {
    const both = `rules: [{ name: spoken, plugin: spoken, interval: 6h, attempts: 1, repeat: 0s, targets: { names: [web] },
        dependsOn: [{ rule: master, on: target, states: [critical], holds: notifications }] },
      { name: master, plugin: master, interval: 1m, attempts: 1, repeat: 0s }]`
    t = spokenScene()
    const master = {
      ...t.plugins[0],
      name: 'master',
      run: async () => ({ state: t.word.get('master') ?? 'ok', output: 'm', perfdata: [] }),
    }
    const plugins = [...t.plugins, master] as typeof t.plugins
    s = await scene({
      directory: mkdtempSync(join(root(), 'journal-')),
      rules: both,
      section: `{ kept: {}, contacts: [${always}] }`,
      plugins,
    })
    s.inventory.all = [instance('web')]
    await s.pass(43_000)
    t.word.set('master', 'critical')
    s.checkNow([{ kind: 'instance', id: 'web' }])
    await s.pass(3000)
    await become('critical')
    assert.deepEqual(
      t.sent.map(({ message }) => message.problem.rule),
      ['master'],
    )
    t.word.set('master', 'ok')
    // the master is looked at each minute; the other one's own turn comes in hours
    await s.pass(80_000)
    assert.deepEqual(t.sent.map(({ message }) => `${message.problem.rule} ${message.kind}`).sort(), [
      'master problem',
      'master recovery',
      'spoken problem',
    ])
  })

  it('agree after a restart, also of what ended while the engine was away', async () => {
    await begin(`${always}, ${byDay}`)
    await become('critical')
    await downtime(hour)
    await s.stop()
    await until(2.2 * hour)
    await s.restart()
    await s.pass(12_000)
    assert.deepEqual(t.said(), ['noc: problem critical', 'dora: problem critical'])
    await s.restart()
    await s.pass(12_000)
    assert.equal(t.said().length, 2)
  })

  it('a contact’s period that begins in a downtime is not the end of it', async () => {
    await begin(`${always}, ${byDay}`)
    await become('critical')
    await downtime(2.2 * hour)
    await until(2 * hour + 6 * minute)
    assert.deepEqual(t.said(), ['noc: problem critical'])
    await until(2.2 * hour + 2 * minute)
    assert.deepEqual(t.said(), ['noc: problem critical', 'dora: problem critical'])
  })

  it('is not repeated to anybody for what somebody has taken', async () => {
    await begin(`${always}, ${byDay}`)
    await become('critical')
    await s.commands.acknowledge(everything, await check(), 'ada', '', true, { notify: false })
    await until(3 * hour)
    assert.deepEqual(t.said(), ['noc: problem critical'])
    await become('ok')
    assert.deepEqual(t.said(), ['noc: problem critical', 'noc: recovery ok'])
  })

  it('as Nagios nothing of this is told', async () => {
    await begin(`${always}, ${byDay}`, ', nagiosCompatible: true')
    await become('critical')
    await downtime(hour)
    await become('ok')
    await until(5 * hour)
    assert.deepEqual(t.said(), ['noc: problem critical'])
  })
})
