import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import type { TestUi } from './ui-server.ts'
import { password } from './ui-server.ts'

export const chromiumPath = '/usr/bin/chromium'

/** Debian's Chromium, alone on this machine: no profile, no calls home. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** The page addresses that exist in the fake cloud, by name. */
export function pageAddresses(ui: Pick<TestUi, 'cloud' | 'resources'>): Readonly<Record<string, string>> {
  const instance = ui.cloud.instances[1]
  const project = instance?.project
  return {
    problems: '/problems',
    check: `/checks/${encodeURIComponent(ui.cloud.problems[1]?.check ?? '')}`,
    wall: '/wall',
    timeline: '/timeline',
    action: '/timeline/1996',
    completeness: '/completeness',
    events: '/events',
    event: '/events/1000',
    instances: '/instances',
    resources: '/resources',
    images: '/resources?kind=image',
    resource: `/resources/volume/${ui.resources[1]?.resource?.id}`,
    instance: `/instances/${instance?.id}`,
    hosts: '/hosts',
    host: '/hosts/hv-07',
    networks: '/networks',
    'guest-agents': '/guest-agents',
    projects: '/projects',
    project: `/projects/${project}`,
    users: '/users',
    user: `/users/${instance?.user}`,
    budgets: '/budgets',
    efficiency: '/efficiency',
    reports: '/reports',
    notifiers: '/notifiers',
    'notifier-preview': '/notifiers/preview?notifier=email&contact=noc',
    health: '/health',
    engine: '/engine',
    fatigue: '/fatigue',
    rules: '/rules',
    'rule-preview': '/rules/preview',
    services: '/services',
    password: '/password',
    accessibility: '/accessibility',
    missing: '/nothing/here',
    'wrong-range': '/events?from=yesterday&to=now',
  }
}

/** A signed-in window. */
export async function signIn(context: BrowserContext, url: string, name: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(`${url}/login`)
  await page.fill('#name', name)
  await page.fill('#password', password)
  await Promise.all([page.waitForURL((to) => !to.pathname.startsWith('/login')), page.click('main button')])
  await page.close()
}

/** The cookies of a signed-in window, for opening others with. */
export async function signedInState(browser: Browser, url: string, name: string) {
  const first = await browser.newContext()
  await signIn(first, url, name)
  const storageState = await first.storageState()
  await first.close()
  return storageState
}
