import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyBatch } from '../../alerter/judge.ts'
import { seriesValues } from '../../alerter/rehearsal/series-values.ts'
import { command } from '../../cli/rules.ts'
import type { State } from '../../model/check.ts'
import { systemClock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { RulePreview } from '../../model/rule-preview.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { inventory } from '../../store/journal/inventory.ts'
import { openSampleStore, storeSection } from '../../store/open.ts'
import { event, start } from '../support/instance-events.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function specola(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await command.run(args, { out: (text) => void out.push(text), err: (text) => void err.push(text) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('specola rules', () => {
  const directory = temporaryDirectory()
  const file = (name: string, text: string) => {
    const path = join(directory(), name)
    writeFileSync(path, text)
    return path
  }

  it('tests the rules that come with Specola', async () => {
    const { code, out, err } = await specola('test')
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /rules\.test\.yaml: (\d+) of \1 tests pass/)
  })

  it('tells each difference with its place, what was expected and what was', async () => {
    file(
      'rules.yaml',
      'rules: [{ name: steal, plugin: metric, attempts: 1, config: { measurement: instance, field: steal_percent, warn: "10" } }]',
    )
    const tests = file(
      'tests.yaml',
      `rules: rules.yaml
tests:
  - name: too quiet
    targets: [{ id: web }]
    series: [{ measurement: instance, field: steal_percent, tags: { instance: web }, values: 1x5 50x10 }]
    expect:
      - { at: 3m, rule: steal, target: web, state: warning }
      - { at: 12m, rule: steal, target: web, state: warning, hard: true, output: "50 %" }
      - { at: 12m, rule: steal, target: gone, state: ok }
      - { at: 12m, rule: stael, target: web, state: ok }
  - name: told
    targets: [{ id: web }]
    series: [{ measurement: instance, field: steal_percent, tags: { instance: web }, values: 50x5 }]
    notifications:
      - { at: 2m, rule: steal, target: web, kind: problem }
`,
    )
    const { code, out, err } = await specola('test', tests)
    assert.equal(code, 1)
    assert.match(err, /tests\.yaml:10:26 too quiet: no rule is named "stael"/)
    assert.match(err, /tests\.yaml:15:9 told: not told: - 2m problem: steal on web/)
    assert.match(err, /told: told, and not expected:\n {2}\+ 1m problem warning: steal on web, to noc$/m)
    assert.match(out, /0 of 2 tests pass/)
    const fixed = file(
      'fixed.yaml',
      `rules: rules.yaml\ntests:\n  - name: too quiet
    targets: [{ id: web }]
    series: [{ measurement: instance, field: steal_percent, tags: { instance: web }, values: 1x5 50x10 }]
    expect:
      - { at: 3m, rule: steal, target: web, state: warning }
      - { at: 12m, rule: steal, target: web, state: warning, hard: true, output: "50 %" }
      - { at: 12m, rule: steal, target: gone, state: ok }\n`,
    )
    const said = (await specola('test', fixed)).err
    assert.match(said, /fixed\.yaml:7:9 too quiet: at 3m, steal on web: expected warning, was ok \(hard 1\/1\): CPU steal.* 1 %/)
    assert.match(said, /fixed\.yaml:9:9 too quiet: at 12m, steal on gone: expected ok, was none/)
    assert.equal(said.trim().split('\n').length, 2)
  })

  it('says where a file of tests is wrong', async () => {
    const tests = file(
      'wrong.yaml',
      'tests:\n  - name: x\n    series: [{ measurement: instance, field: steel, tags: {}, values: 1xx }]\n',
    )
    await assert.rejects(specola('test', tests), (error: AppError) => {
      assert.match(error.message, /wrong\.yaml:3:\d+ tests\[0\]\.series\[0\]\.values: character 1: "1xx" is no value/)
      return error instanceof AppError
    })
  })

  it('checks a rules file', async () => {
    const wrong = file(
      'bad.yaml',
      'rules:\n  - name: a\n    plugin: metric\n    config: { measurement: instance, feild: x, warn: "1" }\n',
    )
    const { code, err } = await specola('check', wrong)
    assert.equal(code, 1)
    assert.match(err, /bad\.yaml:4:38 rules\[0\]\.config\.feild: unknown key \(did you mean "field"\?\)/)
  })

  it('previews a rule over stored samples, beside what really happened', async () => {
    const data = join(directory(), 'data')
    const now = systemClock.now()
    const db = openDatabase(data)
    await inventory(db).seenInstances(
      ['a', 'b'].map((id) => ({
        ...{
          id,
          domain: id,
          host: 'hv-1',
          name: `web-${id}`,
          project: { id: 'p1', name: 'shop' },
          user: null,
          flavor: null,
          image: null,
        },
        ...{ addresses: [], createdAt: now - 86_400_000, seenAt: now },
      })),
    )
    const transition = {
      rule: 'steal',
      target: { kind: 'instance', id: 'b' },
      targetName: 'web-b',
      project: 'p1',
      attempt: 1,
      output: 'x',
      check: 'c1',
    }
    await alertJournal(db).commit({
      ...emptyBatch(),
      transitions: [
        { ...transition, from: 'ok', to: 'critical', hard: true, time: now - 3_000_000 },
        { ...transition, from: 'critical', to: 'ok', hard: true, time: now - 2_700_000 },
      ],
    })
    db.close()
    const store = await openSampleStore(storeSection.parse(undefined), {
      directory: data,
      clock: systemClock,
      logger: silentLogger(),
    })
    await store.write(
      ['a', 'b'].flatMap((instance) =>
        [...Array(120).keys()].map((i) => ({
          ...{ measurement: 'instance', tags: { instance, host: 'hv-1' }, time: now - 3_600_000 + i * 30_000 },
          // a is bad for ten minutes in the middle
          fields: { steal_percent: instance === 'a' && i >= 40 && i < 60 ? 50 : 1 },
        })),
      ),
    )
    await store.close()
    file(
      'rules.yaml',
      'rules: [{ name: steal, plugin: metric, attempts: 1, config: { measurement: instance, field: steal_percent, window: 1m, crit: "20" } }]',
    )
    const { code, out } = await specola('preview', join(directory(), 'rules.yaml'), '--data', data, '--since', '55m', '--json')
    assert.equal(code, 0)
    const preview = JSON.parse(out)
    assert.deepEqual(
      [preview.rules[0].targets, preview.rules[0].found, preview.rules[0].also, preview.rules[0].missed, preview.rules[0].real],
      [2, 1, 0, 1, 1],
    )
    const [problem] = preview.problems
    assert.deepEqual([problem.target.name, problem.state, problem.real], ['web-a', 'critical', false])
    const lasted = (problem.to - problem.from) / 60_000
    assert.ok(lasted >= 9 && lasted <= 12, `${lasted} minutes`)
    assert.ok(preview.queries <= 3, `${preview.queries} queries`)
    const text = await specola('preview', join(directory(), 'rules.yaml'), '--data', data, '--since', '55m')
    assert.match(text.out, /critical: steal on web-a: CPU steal.*\(was none\)/)
  })

  it('previews with what carried what then: many that fail with one cause are told once', async () => {
    const data = join(directory(), 'carried')
    const now = systemClock.now()
    const db = openDatabase(data)
    const ids = Array.from({ length: 6 }, (_, i) => `i-${i}`)
    const journal = eventJournal(db)
    // all were made on hv-1 long ago; two of them were moved before they fell silent
    const told = (id: string, host: string, at: number, type: string) => {
      const minutes = (at - start) / 60_000
      const launched = (now - 86_400_000 - start) / 60_000
      const written = event(minutes, type, 'end', { state: 'active', host, project: 'p1', launched })
      return { raw: null, ignored: false, event: { ...written, resource: { kind: 'instance', id } } }
    }
    await journal.record([
      ...ids.map((id) => told(id, 'hv-1', now - 86_400_000, 'create')),
      ...ids.slice(4).map((id) => told(id, 'hv-2', now - 4_000_000, 'live_migration_post_dest')),
    ])
    for (const host of ['hv-1', 'hv-2'])
      await inventory(db).seenHypervisor({ host, uri: null, cpus: null, memoryBytes: null, version: null, seenAt: now })
    const change = (id: string, from: State, to: State, time: number) => ({
      ...{ rule: 'no-data', target: { kind: 'instance', id }, targetName: id, project: 'p1', attempt: 1, hard: true },
      ...{ output: 'x', check: `c-${id}`, from, to, time },
    })
    const at = now - 3_000_000
    await alertJournal(db).commit({
      ...emptyBatch(),
      // those that stayed fall silent together, and one of those that were moved
      transitions: ids.slice(0, 5).map((id) => change(id, 'ok', 'nodata', at)),
    })
    db.close()
    file(
      'carried.yaml',
      `rules:
  - { name: no-data, plugin: no-data, interval: 1m, attempts: 1 }
  - { name: cause, plugin: cause, interval: 10s, attempts: 1 }`,
    )
    file(
      'carried-config.yaml',
      `alerter: { command: { commands: { say: { run: [/bin/true] } } }, contacts: [{ name: noc, command: "say:noc" }] }`,
    )
    const { code, out } = await specola(
      ...['preview', join(directory(), 'carried.yaml'), '--data', data, '--since', '58m', '--json'],
      ...['--config', join(directory(), 'carried-config.yaml')],
    )
    assert.equal(code, 0, out)
    const { problems, contacts } = JSON.parse(out) as RulePreview
    const toldOf = problems.filter((one) => one.told.length > 0).map(({ rule, target, output }) => [rule, target.id, output])
    assert.deepEqual(toldOf.sort(), [
      ['cause', 'hv-1', 'hv-1 is silent: no readings of 4 of 4 instances: i-0, i-1, i-2 … and 1 more'],
      ['no-data', 'i-4', 'x'],
    ])
    assert.equal(contacts[0]?.told, 2)
  })
})

describe('values of a series', () => {
  const reads = (text: string, want: (number | null)[]) =>
    it(`${text} are ${want.join(' ')}`, () => assert.deepEqual(seriesValues(text), { ok: true, values: want }))
  reads('1 2 _ 3', [1, 2, null, 3])
  reads('5x2', [5, 5, 5])
  reads('0+10x3', [0, 10, 20, 30])
  reads('10-2.5x2 _x2', [10, 7.5, 5, null, null])
  reads('-1e3', [-1000])
  it('are refused where they are none', () => {
    assert.deepEqual(seriesValues('1 2 three'), {
      ok: false,
      position: 4,
      message: '"three" is no value (write 5, _, 5x3, 0+10x5, 100-5x3 or _x3)',
    })
    assert.ok(!seriesValues('1x999999999').ok)
  })
})
