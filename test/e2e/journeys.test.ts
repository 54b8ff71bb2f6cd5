import assert from 'node:assert/strict'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { chromiumPath, openBrowser, signIn } from '../support/browser.ts'
import { needs } from '../support/needs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { password, startUi, type TestUi } from '../support/ui-server.ts'

const textOf = async (place: Locator) => (await place.textContent()) ?? ''

describe('journeys in a browser', function () {
  this.timeout(60_000)
  needs(chromiumPath, 'chromium')
  const directory = temporaryDirectory()
  let ui: TestUi
  let browser: Browser
  let context: BrowserContext
  let page: Page
  before(async () => {
    ui = await startUi(directory(), { only: ['nino', 'ada'] })
    browser = await openBrowser()
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    await signIn(context, ui.url, 'nino')
  })
  beforeEach(async () => {
    page = await context.newPage()
    // Nothing under the pointer: rows may move.
    await page.mouse.move(0, 0)
  })
  afterEach(() => page.close())
  after(async () => {
    await browser?.close()
    await ui?.close()
  })

  /** Tab until the focus is where a person wants it; fails when the way is too long or the focus cannot be seen. */
  const tabTo = async (target: Page, selector: string, most = 60) => {
    for (let n = 0; n < most; n++) {
      await target.keyboard.press('Tab')
      const [there, visible] = await target.evaluate((wanted) => {
        const focused = document.activeElement
        const { outlineStyle, outlineWidth } = getComputedStyle(focused as Element)
        return [focused?.matches(wanted) ?? false, outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2]
      }, selector)
      if (there) {
        assert.ok(visible, `the focus on ${selector} cannot be seen`)
        return
      }
    }
    assert.fail(`no way to ${selector} by keyboard`)
  }

  it('signing in and acknowledging a problem, by keyboard alone', async () => {
    const fresh = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const own = await fresh.newPage()
    await own.goto(`${ui.url}/problems`)
    await tabTo(own, '#name')
    await own.keyboard.type('nino')
    await tabTo(own, '#password')
    await own.keyboard.type(password)
    await own.keyboard.press('Enter')
    await own.waitForURL(/\/problems$/)
    await tabTo(own, '.skip')
    await own.keyboard.press('Enter')
    await tabTo(own, '[data-acknowledge]')
    await own.keyboard.press('Enter')
    await own.locator('dialog[open] input[name=comment]:focus').waitFor()
    await own.keyboard.type('guardo io')
    await Promise.all([own.waitForEvent('load'), own.keyboard.press('Enter')])
    const taken = own.locator('.problem.is-handled', { hasText: 'guardo io' })
    await taken.waitFor()
    assert.match(await textOf(taken), /nino/)
    await fresh.close()
  })

  it('a new problem appears on the list and on the wall without reload, and in the rail', async () => {
    const wall = await context.newPage()
    await page.goto(`${ui.url}/problems`)
    await wall.goto(`${ui.url}/wall`)
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    await page.locator('.live.is-on').waitFor()
    await wall.locator('.live.is-on').waitFor()
    const before = Number((await textOf(page.locator('.badge'))).match(/\d+/)?.[0])
    ui.cloud.raise('swap', ui.cloud.instances[2] as never, 'critical', 'swapping 41 MiB/s')
    await page.locator('.problem', { hasText: 'swapping 41 MiB/s' }).waitFor()
    await wall.locator('.wall-row', { hasText: 'swapping 41 MiB/s' }).waitFor()
    assert.equal(Number((await textOf(page.locator('.badge'))).match(/\d+/)?.[0]), before + 1)
    assert.equal(await page.evaluate(() => (window as unknown as { sameDocument?: boolean }).sameDocument), true)
    assert.match((await page.locator('#announce').textContent()) ?? '', /New critical problem: swap/)
    await wall.close()
  })

  it('a row does not move under the pointer: the change waits behind a button', async () => {
    await page.goto(`${ui.url}/problems`)
    await page.locator('.live.is-on').waitFor()
    await page.locator('.problem').first().hover()
    ui.cloud.raise('swap', ui.cloud.instances[3] as never, 'critical', 'swapping 42 MiB/s')
    const button = page.locator('.updates button')
    await button.waitFor()
    assert.equal(await page.locator('.problem', { hasText: '42 MiB/s' }).count(), 0)
    assert.match(await textOf(button), /^\d+ updates?$/)
    await button.click()
    await page.locator('.problem', { hasText: '42 MiB/s' }).waitFor()
  })

  it('Pause stops every motion, and Play catches up', async () => {
    await page.goto(`${ui.url}/problems`)
    await page.locator('.live.is-on').waitFor()
    await page.click('#pause')
    assert.equal(await textOf(page.locator('.live-word')), 'Paused')
    ui.cloud.raise('swap', ui.cloud.instances[4] as never, 'critical', 'swapping 43 MiB/s')
    await page.mouse.move(0, 0)
    assert.equal(await page.locator('.problem', { hasText: '43 MiB/s' }).count(), 0)
    await page.click('#pause')
    await page.mouse.move(0, 0)
    await page.locator('.problem', { hasText: '43 MiB/s' }).waitFor()
  })

  it('a stroke over a chart becomes the page’s period, and back is back', async () => {
    const id = ui.cloud.instances[8]?.id
    await page.goto(`${ui.url}/instances/${id}`)
    await page.locator('.legend table').first().waitFor()
    const box = await page.locator('canvas').first().boundingBox()
    assert.ok(box)
    await page.mouse.move(box.x + 150, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 4 })
    await Promise.all([page.waitForURL(/from=2\d{3}-.*&to=2\d{3}-/), page.mouse.up()])
    assert.equal(await textOf(page.locator('.live-word')), 'History')
    await page.goBack()
    assert.equal(new URL(page.url()).search, '')
  })

  it('arrow keys move one cursor through all charts, and the values can be read', async () => {
    await page.goto(`${ui.url}/instances/${ui.cloud.instances[8]?.id}`)
    await page.locator('.legend table').nth(1).waitFor()
    await page.locator('canvas').first().focus()
    for (let n = 0; n < 5; n++) await page.keyboard.press('ArrowRight')
    assert.match(
      (await page.locator('.charts [role=status]').textContent()) ?? '',
      /\d\d:\d\d CPU: CPU used of the allotted vCPUs [\d.]+/,
    )
    assert.match(
      (await page.locator('canvas').first().getAttribute('aria-label')) ?? '',
      /^CPU: mean [\d.]+, max [\d.]+ at \d\d:\d\d$/,
    )
  })

  it('without scripts every page still shows, filters and acknowledges', async () => {
    const bare = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
    const plain = await bare.newPage()
    await plain.goto(`${ui.url}/problems`)
    await plain.fill('input[name=q]', 'files-01')
    await plain.click('.filters button')
    assert.equal(await plain.locator('.problem').count(), 1)
    await plain.locator('.problem-do a').click()
    await plain.fill('.handle-form input[name=comment]', 'senza script')
    await plain.click('.handle-form button')
    assert.match(await textOf(plain.locator('.ack')), /nino.*senza script/s)
    await bare.close()
  })

  it('a server that goes away is said to be away', async () => {
    const other = await startUi(`${directory()}/second`, { only: ['ada'] })
    const fresh = await browser.newContext()
    await signIn(fresh, other.url, 'ada')
    const own = await fresh.newPage()
    await own.goto(`${other.url}/problems`)
    await own.locator('.live.is-on').waitFor()
    await other.close()
    await own.locator('#not-live:not([hidden])').waitFor()
    assert.match(await textOf(own.locator('#not-live')), /^Not live since \d\d:\d\d:\d\d/)
    await fresh.close()
  })
})
