/**
 * Pictures of every page, wide and narrow, light and dark: `node test/screenshots.ts OUTDIR [SIGN-IN-LINK]`. Without a link
 * (as `specola serve` prints it) the pages show the fake cloud of the tests.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { openBrowser, pageAddresses, signIn } from './support/browser.ts'
import { startUi } from './support/ui-server.ts'

const [out, link, only] = process.argv.slice(2)
if (out === undefined) {
  console.error('usage: node test/screenshots.ts OUTDIR [SIGN-IN-LINK] [PAGE]')
  process.exit(2)
}
mkdirSync(out, { recursive: true })

const directory = mkdtempSync(join(tmpdir(), 'specola-screenshots-'))
const fake = link?.startsWith('http') ? null : await startUi(directory, { only: ['ada'] })
const url = fake?.url ?? new URL(link as string).origin
const browser = await openBrowser()
try {
  const state = await signedInState()
  const addresses = { login: '/login', ...(fake ? pageAddresses(fake) : await realAddresses(state)) }
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        ...(width < 500 && { hasTouch: true }),
      })
      const signedIn = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        storageState: state,
        ...(width < 500 && { hasTouch: true }),
      })
      for (const [name, path] of Object.entries(addresses)) {
        if (only !== undefined && name !== only) continue
        await shoot(
          name === 'login' ? context : signedIn,
          path,
          join(out, `${name}-${width}-${colorScheme}.png`),
          name !== 'wall',
        )
      }
      await context.close()
      await signedIn.close()
    }
} finally {
  await browser.close()
  await fake?.close()
  rmSync(directory, { recursive: true, force: true })
}

async function signedInState() {
  const context = await browser.newContext()
  if (fake) await signIn(context, url, 'ada')
  else {
    const page = await context.newPage()
    await page.goto(link as string)
    await page.click('main button')
    await page.waitForLoadState()
  }
  const state = await context.storageState()
  await context.close()
  return state
}

/** The first of each kind that the running cloud shows. */
async function realAddresses(storageState: Awaited<ReturnType<BrowserContext['storageState']>>) {
  const context = await browser.newContext({ storageState })
  const page = await context.newPage()
  const first = async (list: string, selector: string) => {
    await page.goto(url + list)
    return (
      (await page
        .locator(selector)
        .first()
        .getAttribute('href', { timeout: 3000 })
        .catch(() => null)) ?? list
    )
  }
  const addresses = {
    problems: '/problems',
    wall: '/wall',
    events: '/events',
    instances: '/instances',
    hosts: '/hosts',
    networks: '/networks',
    'guest-agents': '/guest-agents',
    resources: '/resources',
    images: '/resources?kind=image',
    floatingips: '/resources?kind=floatingip',
    resource: await first('/resources', '.cell-name a'),
    projects: '/projects',
    users: '/users',
    budgets: '/budgets',
    efficiency: '/efficiency',
    reports: '/reports',
    health: '/health',
    engine: '/engine',
    fatigue: '/fatigue',
    check: await first('/problems?soft=1', '.problem-title'),
    instance: await first('/instances?state=active', '.cell-name a'),
    host: await first('/hosts?sort=instances&desc=1', '.cell-name a'),
    project: await first('/projects', '.cell-name a'),
    user: await first('/users', '.cell-name a'),
    event: await first('/events', '.event-payload'),
  }
  await context.close()
  return addresses
}

async function shoot(context: BrowserContext, path: string, file: string, fullPage: boolean) {
  const page = await context.newPage()
  await page.goto(url + path)
  await page.waitForLoadState('load')
  // Charts below the fold wait to be seen.
  if (fullPage)
    for (const chart of await page.locator('.chart').all()) {
      await chart.scrollIntoViewIfNeeded()
      await chart
        .locator('.legend table')
        .waitFor({ timeout: 5000 })
        .catch(() => undefined)
    }
  await page.evaluate(() => scrollTo(0, 0))
  await page
    .locator('.live.is-on')
    .waitFor({ state: 'attached', timeout: 3000 })
    .catch(() => undefined)
  await page.screenshot({ path: file, fullPage })
  await page.close()
}
