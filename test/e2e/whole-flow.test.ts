import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { eventually, stopProcess } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { type Libvirtd, startLibvirtd } from '../support/libvirtd.ts'
import { needs } from '../support/needs.ts'
import { type ReceivedMail, type SmtpSink, smtpSink } from '../support/smtp-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = join(import.meta.dirname, '..', '..', 'main.ts')
const project = '2b249b07e59c4585b5376f728094dac5'
const user = '4d1b785c6add4fd686b7c03ab1a6af43'
const password = 'a long and quiet night'

/** Ten real QEMU guests under a real libvirtd; `specola serve` as a person runs it; a real mail server; a real browser. */
describe('the whole flow, from a hypervisor to a person and back', function () {
  this.timeout(240_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/qemu-system-x86_64', 'qemu-system-x86')
  needs('/usr/bin/chromium', 'chromium')
  const directory = temporaryDirectory()
  const guests = Array.from({ length: 10 }, (_, i) => ({
    name: `instance-${(i + 1).toString(16).padStart(8, '0')}`,
    uuid: randomUUID(),
    restTicks: 2,
    define: true,
    nova: { name: `web-${String(i + 1).padStart(2, '0')}`, project, user, flavor: 'm1.nano' },
  }))
  const [first, paused, destroyed] = guests as [(typeof guests)[0], (typeof guests)[0], (typeof guests)[0]]
  let libvirtd: Libvirtd
  let smtp: SmtpSink
  let server: ChildProcess
  let browser: Browser
  let page: Page
  let url: string

  before(async () => {
    libvirtd = await startLibvirtd(join(directory(), 'libvirt'))
    libvirtd.create(
      ...guests.map((guest, i) => (libvirtd.taps && i === 0 ? { ...guest, tap: 'tapspecola0', networkBoot: true } : guest)),
    )
    smtp = await smtpSink()
    const port = await freePort()
    const config = join(directory(), 'specola.yaml')
    writeFileSync(
      config,
      `data: ${join(directory(), 'data')}
log: warn
collector:
  libvirt:
    - { uri: "${libvirtd.uri}", host: hv-01, interval: 2s }
alerter:
  publicUrl: http://127.0.0.1:${port}
  email: { host: 127.0.0.1, port: ${smtp.port}, tls: none, from: specola@example.org }
  contacts:
    - { name: noc, role: noc, email: noc@example.org }
ui:
  listen: 127.0.0.1:${port}
`,
    )
    server = spawn(process.execPath, [main, 'serve', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
    const link = await eventually('the sign-in link is printed', () => /http:\S+\/welcome\/\S+/.exec(said)?.[0], 60_000)
    url = new URL(link).origin
    browser = await openBrowser()
    page = await (await browser.newContext()).newPage()
    await page.goto(link)
    await page.click('main button')
    await page.waitForURL((to) => to.pathname === '/password')
    for (const field of await page.$$('input[type=password]')) await field.fill(password)
    await page.click('main form button')
    await page.waitForURL((to) => to.pathname !== '/password')
  })
  after(async () => {
    await browser?.close()
    if (server) await stopProcess(server)
    await smtp?.close()
    await libvirtd?.stop()
  })

  /** How many readings of a field the page's own API has for the first guest. */
  async function readings(field: string): Promise<number> {
    const path = `/api/v1/series?measurement=instance&id=${first.uuid}&field=${field}&from=now-15m&to=now&points=900`
    const answer = (await page.evaluate(async (address) => await (await fetch(address)).json(), path)) as {
      series: { v: (number | null)[] }[]
    }
    return answer.series.flatMap(({ v }) => v).filter((value) => value !== null).length
  }

  it('draws CPU, memory, disk and network of an instance, and the charts move', async () => {
    await eventually(
      'all ten instances are listed',
      async () => {
        await page.goto(`${url}/instances`)
        return (await page.locator('main tbody tr').count()) === guests.length
      },
      60_000,
    )
    assert.ok((await page.locator('main tbody').innerText()).includes('web-01'))
    await page.goto(`${url}/instances/${first.uuid}?from=now-15m&to=now`)
    const drawn = async () =>
      await page.evaluate(() => [...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL().length))
    await eventually('charts are drawn', async () => (await drawn()).length >= 4)
    const fields = [
      'cpu_percent',
      'host_cpu_percent',
      'memory_rss_bytes',
      'disk_read_ops',
      'disk_write_bytes',
      ...(libvirtd.taps ? ['net_rx_bytes', 'net_tx_bytes'] : []),
    ]
    for (const field of fields) await eventually(`readings of ${field}`, async () => (await readings(field)) > 1)
    const before = await readings('cpu_percent')
    await eventually('new readings arrive', async () => (await readings('cpu_percent')) > before)
    const picture = await page.locator('canvas').first().screenshot()
    await eventually(
      'the picture changes without reload',
      async () => !(await page.locator('canvas').first().screenshot()).equals(picture),
      30_000,
    )
  })

  it('shows a paused and a destroyed guest as problems without reload, and mails them', async () => {
    await page.goto(`${url}/problems`)
    assert.equal(await page.locator('main').getByText('web-02').count(), 0)
    libvirtd.virsh('suspend', paused.name)
    libvirtd.virsh('destroy', destroyed.name)
    await page.locator('main').getByText('web-02').first().waitFor({ timeout: 30_000 })
    await page.locator('main').getByText('web-03').first().waitFor({ timeout: 30_000 })
    const mails = [await mailAbout('web-02'), await mailAbout('web-03')]
    for (const mail of mails) {
      assert.deepEqual(mail.to, ['noc@example.org'])
      // quoted-printable breaks long lines where it likes
      assert.ok(mail.raw.replaceAll('=\r\n', '').includes(`${url}/checks/`))
    }
  })

  it('shows who took the problem and when', async () => {
    await page.goto(`${url}/problems?q=web-03`)
    await page.locator('.problem').getByText('Acknowledge').first().click()
    const dialog = page.locator('dialog[open]')
    await dialog.locator('[name=comment]').fill('on it')
    await dialog.getByRole('button', { name: 'Acknowledge' }).click()
    const taken = page.locator('main').getByText('on it').first()
    await taken.waitFor({ timeout: 10_000 })
    assert.match(await page.locator('main').innerText(), /admin/)
  })

  it('mails the recovery, and the problem leaves the page without reload', async () => {
    await page.goto(`${url}/problems`)
    const before = smtp.mails.length
    libvirtd.virsh('resume', paused.name)
    libvirtd.virsh('start', destroyed.name)
    await eventually(
      'both recoveries are mailed',
      () => {
        const later = smtp.mails.slice(before).map((mail) => mail.headers.get('subject') ?? '')
        return ['web-02', 'web-03'].every((name) =>
          later.some((subject) => subject.includes(name) && /RECOVER|OK/i.test(subject)),
        )
      },
      60_000,
    )
    await eventually('no problem is left on the page', async () => (await page.locator('.problem').count()) === 0, 30_000)
  })

  const mailAbout = (name: string): Promise<ReceivedMail> =>
    eventually(`a mail about ${name}`, () => smtp.mails.find((mail) => mail.headers.get('subject')?.includes(name)), 60_000)
})
