import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumPath, openBrowser, pageAddresses, signedInState } from '../support/browser.ts'
import { needs } from '../support/needs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']

/** What axe finds, short enough to read in a failed test. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async (tags) => {
    const { axe } = window as unknown as {
      axe: {
        run(options: object): Promise<{ violations: { id: string; nodes: { target: unknown[]; failureSummary: string }[] }[] }>
      }
    }
    const result = await axe.run({ runOnly: { type: 'tag', values: tags } })
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
    )
  }, rules)
}

/** Charts are drawn when they come into view. */
async function seeCharts(page: Page) {
  const chart = page.locator('.chart').first()
  if ((await chart.count()) === 0) return
  await chart.scrollIntoViewIfNeeded()
  await chart.locator('.legend table').waitFor()
}

describe('accessibility in a browser', function () {
  this.timeout(60_000)
  needs(chromiumPath, 'chromium')
  const directory = temporaryDirectory()
  let ui: TestUi
  let browser: Browser
  let contexts: Map<string, BrowserContext>
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'] })
    browser = await openBrowser()
    const storageState = await signedInState(browser, ui.url, 'ada')
    contexts = new Map()
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const)
      for (const colorScheme of ['light', 'dark'] as const)
        contexts.set(
          `${colorScheme} at ${width}`,
          await browser.newContext({ storageState, colorScheme, viewport: { width, height } }),
        )
  })
  after(async () => {
    await browser?.close()
    await ui?.close()
  })

  const names = Object.keys(pageAddresses({ cloud: { instances: [], problems: [] } as never, resources: [] }))
  for (const name of names)
    it(`of the page ${name}: no violation, light and dark, wide and narrow, and no sideways scrolling`, async () => {
      await Promise.all(
        [...contexts].map(async ([look, context]) => {
          // An open page holds a stream, and a browser has six for one server: each test closes its own, also when it fails.
          await using page = await context.newPage()
          await page.goto(ui.url + pageAddresses(ui)[name])
          await seeCharts(page)
          assert.deepEqual(await violations(page), [], look)
          const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
          assert.ok((content as number) <= (window as number), `${look}: ${content} px wide in ${window}`)
        }),
      )
    })

  it('of the sign-in page, also after a refusal', async () => {
    for (const [look, { width, height, colorScheme }] of Object.entries({
      wide: { width: 1280, height: 800, colorScheme: 'dark' as const },
      narrow: { width: 390, height: 844, colorScheme: 'light' as const },
    })) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme })
      const page = await context.newPage()
      await page.goto(`${ui.url}/login`)
      assert.deepEqual(await violations(page), [], look)
      await page.fill('#name', 'ada')
      await page.fill('#password', 'not the right one')
      await page.click('main button')
      await page.locator('.errors').waitFor()
      assert.deepEqual(await violations(page), [], look)
      await context.close()
    }
  })

  it('of open menus, the acknowledge dialog and a chart’s table', async () => {
    await using page = await (contexts.get('light at 1280') as BrowserContext).newPage()
    await page.goto(`${ui.url}/problems`)
    await page.click('.top .menu summary')
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Escape')
    await page.locator('[data-acknowledge]').first().click()
    await page.locator('dialog[open]').waitFor()
    assert.deepEqual(await violations(page), [])
    await page.goto(ui.url + pageAddresses(ui).instance)
    await page.locator('.legend table').first().waitFor()
    await page.locator('[data-table]').first().click()
    await page.locator('.range summary').click()
    assert.deepEqual(await violations(page), [])
  })

  it('of what a phone keeps under More, and of the lines that unfold under a cost', async () => {
    for (const look of ['dark at 390', 'light at 390']) {
      await using page = await (contexts.get(look) as BrowserContext).newPage()
      await page.goto(ui.url + pageAddresses(ui).project)
      assert.equal(await page.evaluate(() => scrollY), 0, 'a page opens at its top')
      await page.locator('.fold summary').click()
      assert.deepEqual(await violations(page), [], look)
      await page.locator('.more-nav summary').click()
      assert.deepEqual(await violations(page), [], look)
      await page.keyboard.press('Escape')
      assert.equal(await page.locator('.more-nav[open]').count(), 0)
      await page.locator('.more-nav summary').click()
      await page.locator('.more-nav a[href="/completeness"]').click()
      await page.waitForURL(/\/completeness$/)
    }
  })

  it('of every page at 320 px: nothing needs two directions of scrolling', async () => {
    const storageState = await (contexts.get('light at 390') as BrowserContext).storageState()
    const context = await browser.newContext({ storageState, viewport: { width: 320, height: 640 } })
    const page = await context.newPage()
    for (const [name, path] of Object.entries(pageAddresses(ui))) {
      await page.goto(ui.url + path)
      assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, name)
    }
    await context.close()
  })
})
