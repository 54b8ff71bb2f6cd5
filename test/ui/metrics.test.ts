import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Secret } from '../../config/fields.ts'
import { load } from '../../config/load.ts'
import type { Problem } from '../../model/check.ts'
import { systemClock as clock } from '../../model/clock.ts'
import { engineExposition } from '../../ui/api/engine-metrics.ts'
import { exposition } from '../../ui/api/probes.ts'
import { uiSection } from '../../ui/section.ts'
import { fakeEngine } from '../support/fake-engine.ts'
import { needs } from '../support/needs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

const promtool = '/usr/bin/promtool'
const token = 'a-token-for-metrics'

/** What promtool has to say of a scrape: nothing, when all is well. */
function judged(text: string): string {
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return `${stdout}${stderr}${status === 0 ? '' : `exit ${status}`}`
}

describe('metrics of the engine', () => {
  describe('as a scraper reads them', () => {
    needs(promtool, 'prometheus')
    let ui: TestUi
    const directory = temporaryDirectory()
    before(async () => {
      process.env.SPECOLA_TEST_METRICS = token
      const metrics = { token: { env: 'SPECOLA_TEST_METRICS' }, targets: true }
      ui = await startUi(directory(), { config: { metrics }, hostile: [`"><script>`, '$(reboot)', '=cmd|x', 'a\\b"c\nd\r\0'] })
    })
    after(async () => {
      delete process.env.SPECOLA_TEST_METRICS
      await ui?.close()
    })

    it('are what promtool takes, names of instances from outside and all', async () => {
      const reply = await fetch(`${ui.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      assert.equal(reply.status, 200)
      const text = await reply.text()
      assert.equal(judged(text), '')
      assert.match(text, /^specola_alerter_check_lag_p95_seconds 0\.48$/m)
      assert.match(text, /^specola_alerter_deliveries_total\{notifier="email",outcome="sent"\} 212$/m)
      assert.match(text, /^specola_alerter_outbox_oldest_age_seconds 3(59|6\d)(\.\d+)?$/m)
      assert.match(text, /^specola_alerter_lease_shares\{engine="noc-1"\} 32$/m)
      assert.match(text, /^specola_alerter_never_ok_checks 4$/m)
      for (const family of ['slowest_run_seconds', 'latest_lag_seconds', 'flapping_ratio', 'never_ok_since_timestamp_seconds']) {
        const series = text.split('\n').filter((line) => line.startsWith(`specola_alerter_${family}{`))
        assert.ok(series.length > 0 && series.length <= 10, family)
      }
      assert.match(text, /slowest_run_seconds\{check="[^"]+",rule="[^"]+",target="[^"]+"\}/)
    })

    it('need the token, and are refused to every other one', async () => {
      for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`])
        assert.equal((await fetch(`${ui.url}/metrics`, { headers: { authorization } })).status, 401)
    })

    it('of components are in base units', () => {
      const component = { component: 'libvirt hv-1', kind: 'libvirt', state: 'ok', detail: '', since: 0, at: 5000 } as const
      const text = exposition([{ ...component, numbers: { poll_ms: 1500, domains: 3 } }], 0, '1.0')
      assert.equal(judged(text), '')
      assert.match(text, /^specola_poll_seconds\{component="libvirt hv-1",kind="libvirt"\} 1\.5$/m)
    })

    it('stay readable whatever a check is called', () => {
      const odd = 'x\\"\n\r\u0000\ud800}{ 1\n# TYPE evil counter'
      const problem = {
        check: odd,
        rule: odd,
        target: { kind: 'i', id: odd },
        targetName: odd,
        project: 'p',
        since: 5,
      } as Problem
      const engine = fakeEngine(clock, [problem])
      const figures = engine.figures()
      assert.ok(figures)
      const text = engineExposition(
        { figures, outbox: null, neverOk: { count: 1, checks: [problem] }, engines: null, now: 9 },
        true,
      )
      assert.equal(judged(text), '')
      assert.doesNotMatch(text, /^# TYPE evil/m)
    })
  })

  describe('without a token', () => {
    let ui: TestUi
    const directory = temporaryDirectory()
    before(async () => {
      ui = await startUi(directory())
    })
    after(() => ui.close())

    it('are for this machine only, and name nothing of tenants', async () => {
      const text = await (await fetch(`${ui.url}/metrics`)).text()
      assert.match(text, /^specola_alerter_checks 10240$/m)
      assert.doesNotMatch(text, /target=|check="/)
      for (const { name } of ui.cloud.instances) assert.ok(!text.includes(`"${name}"`))
    })

    it('are refused to what comes through a proxy that nobody told us of', async () => {
      for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
        assert.equal((await fetch(`${ui.url}/metrics`, { headers: { [header]: '127.0.0.1' } })).status, 403, header)
    })
  })

  it('are configured with a token where they are to name instances', () => {
    assert.equal(uiSection.parse({ metrics: {} }).metrics.targets, false)
    const loaded = load('metrics: { targets: true }', uiSection)
    assert.ok(!loaded.ok)
    assert.match(loaded.errors[0]?.message ?? '', /set token too/)
    assert.deepEqual([loaded.errors[0]?.line, loaded.errors[0]?.column], [1, 21])
    assert.ok(String(new Secret('x')) === '***')
  })
})
