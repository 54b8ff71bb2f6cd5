import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { Browser, BrowserContext } from 'playwright-core'
import { chromiumPath, openBrowser, pageAddresses, signedInState } from '../support/browser.ts'
import { needs } from '../support/needs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

/** Bytes on the wire, as the design specification allows them. */
const kilobyte = 1024
const budgets = {
  html: 60 * kilobyte,
  css: 14 * kilobyte,
  script: 40 * kilobyte,
  withCharts: 130 * kilobyte,
  fonts: 55 * kilobyte,
}

interface Loaded {
  url: string
  type: string
  bytes: number
}

describe('pages keep their budgets', function () {
  this.timeout(60_000)
  needs(chromiumPath, 'chromium')
  const directory = temporaryDirectory()
  let ui: TestUi
  let browser: Browser
  let context: BrowserContext
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'] })
    browser = await openBrowser()
    const storageState = await signedInState(browser, ui.url, 'ada')
    context = await browser.newContext({ storageState, viewport: { width: 1280, height: 800 } })
    context.on('page', () => undefined)
  })
  after(async () => {
    await browser?.close()
    await ui?.close()
  })

  for (const name of Object.keys(pageAddresses({ cloud: { instances: [], problems: [] } as never, resources: [] })))
    it(`${name}: bytes, requests, size of the document, no shift, nothing from elsewhere, nothing the policy had to stop`, async () => {
      const fresh = await browser.newContext({
        storageState: await context.storageState(),
        viewport: { width: 1280, height: 800 },
      })
      const page = await fresh.newPage()
      const loaded: Promise<Loaded>[] = []
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' && !/404|400/.test(message.text())) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('response', (response) => {
        const stream = response.headers()['content-type']?.startsWith('text/event-stream')
        const size = stream
          ? Promise.resolve(0)
          : response
              .request()
              .sizes()
              .then(({ responseBodySize }) => responseBodySize)
        loaded.push(size.then((bytes) => ({ url: response.url(), type: response.request().resourceType(), bytes })))
      })
      await page.addInitScript(() => {
        const shifts = { sum: 0 }
        Object.assign(window, { shifts })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
            if (!entry.hadRecentInput) shifts.sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
      })
      await page.goto(ui.url + pageAddresses(ui)[name], { waitUntil: 'load' })
      if (name === 'instance' || name === 'check') await page.locator('.legend table').first().waitFor()
      const all = await Promise.all(loaded)
      const sum = (type: string) => all.filter((one) => one.type === type).reduce((total, { bytes }) => total + bytes, 0)
      assert.ok(sum('document') <= budgets.html, `HTML ${sum('document')}`)
      assert.ok(sum('stylesheet') <= budgets.css, `CSS ${sum('stylesheet')}`)
      const charts = all.some(({ url }) => url.includes('/charts-'))
      assert.ok(sum('script') <= (charts ? budgets.withCharts : budgets.script), `scripts ${sum('script')}`)
      assert.ok(sum('font') <= budgets.fonts, `fonts ${sum('font')}`)
      assert.ok(all.length <= 12, `${all.length} requests`)
      assert.deepEqual(
        all.filter(({ url }) => !url.startsWith(ui.url)),
        [],
      )
      const elements = await page.evaluate(() => document.querySelectorAll('*').length)
      assert.ok(elements <= (name === 'wall' ? 6000 : 3000), `${elements} elements`)
      const shift = await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum)
      assert.ok(shift < 0.05, `layout shift ${shift}`)
      assert.deepEqual(complaints, [])
      await fresh.close()
    })

  it('a list of one hundred instances is small on the wire', async () => {
    const [pattern] = ui.cloud.instances
    for (let n = 40; n < 100; n++)
      ui.cloud.instances.push({
        ...(pattern as (typeof ui.cloud.instances)[number]),
        id: `ffff${n}00-0000-4000-8000-00000000${1000 + n}`,
        name: `extra-${n}`,
      })
    const ada = visitor(ui.url)
    await ada.signIn('ada')
    const html = await ada.text('/instances')
    assert.equal(html.match(/class="cell-name"/g)?.length, 100)
    // fetch undoes the compression: the page is compressed again, as the server does it.
    const { gzipSync } = await import('node:zlib')
    const bytes = gzipSync(html, { level: 6 })
    assert.equal(gunzipSync(bytes).toString(), html)
    assert.ok(bytes.length <= budgets.html, `${bytes.length} bytes`)
    assert.ok((html.match(/<[a-z]/g)?.length ?? 0) <= 3000, 'elements')
  })
})
