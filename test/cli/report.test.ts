import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../store/journal/database.ts'
import { at, live } from '../support/report-scene.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')

describe('specola report and specola month', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let config: string
  const specola = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 60_000 })
  const prices = (vcpu: number) =>
    writeFileSync(
      config,
      `data: ${join(directory(), 'data')}\nprices:\n  currency: EUR\n  vat: 22\n  lists:\n    - { name: Listino, vcpu: ${vcpu} }\n`,
    )

  before(() => {
    config = join(directory(), 'specola.yaml')
    prices(0.01)
    const db = openDatabase(join(directory(), 'data'))
    live(db, [{ instance: 'i1', name: 'web-1', from: at('2020-01-01T00:00:00Z'), to: at('2020-03-01T00:00:00Z') }])
    db.close()
  })

  it('print a report, close a month, show what other prices would make, and keep that when told to', () => {
    const json = specola('report', '--config', config, '--project', 'p1', '--month', '2020-01')
    assert.equal(json.status, 0, json.stderr)
    // it began an hour into the month of Rome
    assert.equal((JSON.parse(json.stdout) as { report: { totals: { total: number } } }).report.totals.total, 7.43)
    const out = join(directory(), 'jan.pdf')
    assert.equal(
      specola('report', '--config', config, '--project', 'p1', '--month', '2020-01', '--format', 'pdf', '--out', out).status,
      0,
    )
    assert.equal(readFileSync(out).subarray(0, 5).toString(), '%PDF-')

    assert.match(specola('month', 'status', '--config', config).stdout, /no month is closed/)
    // the journal began within the month: what was before is not known
    const refused = specola('month', 'close', '--month', '2020-01', '--config', config)
    assert.equal(refused.status, 1, refused.stderr)
    assert.match(refused.stdout + refused.stderr, /2020-01 has 1 gaps in its messages and is not closed/)
    const closed = specola('month', 'close', '--month', '2020-01', '--config', config, '--force')
    assert.equal(closed.status, 0, closed.stderr)
    assert.equal(specola('month', 'close', '--month', '2020-01', '--config', config).status, 1)
    prices(0.02)
    const differs = specola('month', 'rerate', '--month', '2020-01', '--config', config)
    assert.equal(differs.status, 1, differs.stderr)
    assert.match(differs.stdout, /project p1 {2}7\.430000 → 14\.860000 EUR {2}\(prices changed; 1 lines\)/)
    assert.equal(specola('month', 'rerate', '--month', '2020-01', '--config', config, '--apply', '--reason', 'board').status, 0)
    assert.equal(specola('month', 'rerate', '--month', '2020-01', '--config', config).status, 0)
    const status = JSON.parse(specola('month', 'status', '--json', '--config', config).stdout) as {
      months: { adjustments: number }[]
    }
    assert.equal(status.months[0]?.adjustments, 1)
  })

  it('are joined by the budget check, as a Nagios plugin', () => {
    const asked = ['check', 'budget', '--project', 'p1', '--config', config]
    const without = specola(...asked)
    assert.equal(without.status, 3)
    assert.match(without.stdout, /^UNKNOWN - .*no budget of project p1/)
    writeFileSync(config, `${readFileSync(config, 'utf8')}budgets:\n  - { project: p1, month: 10 }\n`)
    const { status, stdout } = specola(...asked, '--threshold', '2')
    assert.match(stdout, /^OK - 0\.0 % of the budget of \d{4}-\d\d is spent \(threshold 80 %\).*\| spent=0%;80;;0\n$/)
    assert.equal(status, 0)
  })

  it('say what is wrong, and exit 2 for wrong use', () => {
    const wrong = (pattern: RegExp, ...args: string[]) => {
      const { status, stderr } = specola(...args, '--config', config)
      assert.equal(status, 2, stderr)
      assert.match(stderr, pattern)
    }
    wrong(/"2020-13" is not a month/, 'report', '--month', '2020-13')
    wrong(/one subject at a time/, 'report', '--month', '2020-01', '--project', 'a', '--user', 'b')
    wrong(/--action: "open" is none of close, status, rerate/, 'month', 'open')
    const missing = specola('report', '--project', 'nobody', '--month', '2020-01', '--config', config)
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /no project "nobody"/)
  })
})
