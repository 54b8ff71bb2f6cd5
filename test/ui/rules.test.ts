import assert from 'node:assert/strict'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('pages of rules and services', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let nino: Visitor
  let rita: Visitor
  before(async () => {
    ui = await startUi(directory(), { only: ['nino', 'rita'] })
    nino = visitor(ui.url)
    rita = visitor(ui.url)
    await nino.signIn('nino')
    await rita.signIn('rita')
  })
  after(() => ui.close())

  it('show each rule with its targets, states and cost', async () => {
    const page = await nino.get('/rules')
    assert.equal(page.status, 200)
    const html = await page.text()
    assert.match(html, /meta\.tier in \(gold, silver\)/)
    assert.match(html, /for 31 checks/)
    assert.match(await (await nino.get('/rules.csv')).text(), /^name,plugin,service,interval_s/)
  })

  it('say on a check which rule made it, by which labels, and what its target changed', async () => {
    const html = await (await nino.get(`/checks/${ui.cloud.problems[1]?.check}`)).text()
    assert.match(html, /Why it is checked so/)
    assert.match(html, /warn &#x3D; <bdi>5|warn = <bdi>5/)
    assert.match(html, /would alarm less than the rule does/)
  })

  it('run a preview of what is typed, and say where it is wrong', async () => {
    const good = await nino.submit('/rules/preview', { text: 'rules: []', since: '1d', only: '' }, '/rules/preview')
    assert.equal(good.status, 200)
    assert.match(await good.text(), /Who would have been told/)
    const bad = await nino.submit('/rules/preview', { text: '<b>', since: '1d', only: '' }, '/rules/preview')
    assert.equal(bad.status, 400)
    const html = await bad.text()
    assert.match(html, /1:1<\/span> <span class="mono">rules<\/span>: missing/)
    assert.ok(!html.includes('<b>') && html.includes('&lt;b&gt;'))
  })

  it('show services of the scope only; rules are for operators', async () => {
    assert.equal((await rita.get('/rules')).status, 403)
    assert.equal((await rita.get('/rules/preview')).status, 403)
    const all = await (await nino.get('/services.json')).json()
    const own = await (await rita.get('/services.json')).json()
    const seen = ui.cloud.problems
      .slice(0, 3)
      .filter(({ project }) => project !== null && project === ui.cloud.instances[0]?.project)
    assert.equal(all.rows.length, 3)
    assert.ok(own.rows.length < 3 && own.rows.length >= 0 && seen.length <= 3)
    assert.match(await (await nino.get('/services')).text(), /Web shop/)
    assert.equal((await nino.get('/services?from=yesterday')).status, 400)
  })
})
