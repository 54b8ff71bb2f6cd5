import assert from 'node:assert/strict'
import { csv } from '../../ui/csv.ts'
import { readStream } from '../support/event-stream.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

/** Names that tenants may give their instances; the numbers are the fake cloud's instances. */
const hostile = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `{{constructor.constructor('return process')()}}`,
  `=cmd|'/C calc'!A0`,
  `two\nlines\r\n=HYPERLINK("http://evil")`,
  `\u202egnp.exe\u2066`,
  `</title><svg/onload=alert(1)>`,
  `javascript:alert(1)`,
  `x`.repeat(255),
]

describe('a hostile instance name', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let ada: Visitor
  before(async () => {
    ui = await startUi(directory(), { hostile, only: ['ada'] })
    ada = visitor(ui.url)
    await ada.signIn('ada')
    for (const [n, instance] of ui.cloud.instances.slice(0, hostile.length).entries())
      ui.cloud.raise('hostile', instance, 'critical', `output of ${hostile[n]}`)
  })
  after(() => ui.close())

  const pages = () => [
    '/problems',
    '/wall',
    '/events',
    '/events?all=1',
    '/timeline',
    '/completeness',
    '/services',
    '/rules',
    '/rules/preview',
    ...[2000, 1999, 1998, 1996].map((seq) => `/timeline/${seq}`),
    ...hostile.map(
      (name) => `/timeline?q=${encodeURIComponent(name)}&actor=${encodeURIComponent(name)}&verb=${encodeURIComponent(name)}`,
    ),
    ...hostile.map((name) => `/completeness?q=${encodeURIComponent(name)}`),
    '/instances',
    ...['volume', 'snapshot', 'image', 'floatingip', 'network', 'subnet', 'router'].map((kind) => `/resources?kind=${kind}`),
    ...ui.resources.slice(0, 24).map(({ resource }) => `/resources/${resource?.kind}/${resource?.id}`),
    ...hostile.map((name) => `/resources?kind=${encodeURIComponent(name)}&q=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/resources/${encodeURIComponent(name)}/${encodeURIComponent(name)}`),
    '/projects',
    '/users',
    '/health',
    '/engine',
    '/fatigue',
    '/notifiers',
    ...hostile.map((name) => `/notifiers/preview?notifier=email&contact=noc&kind=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/notifiers/preview?notifier=${encodeURIComponent(name)}&contact=${encodeURIComponent(name)}`),
    '/hosts',
    ...['network', 'subnet', 'project', 'port', 'instance', '<script>'].map((by) => `/networks?by=${encodeURIComponent(by)}`),
    ...Array.from({ length: 8 }, (_, n) => `/hosts/hv-0${n + 1}`),
    ...hostile.map((name) => `/hosts?sort=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/hosts/hv-01?by=${encodeURIComponent(name)}`),
    ...hostile.map((_name, n) => `/instances/${ui.cloud.instances[n]?.id}`),
    ...hostile.map((_name, n) => `/checks/${encodeURIComponent(`hostile:${ui.cloud.instances[n]?.id}`)}`),
    ...ui.cloud.instances.slice(0, 3).map(({ project }) => `/projects/${project}`),
    `/users/${ui.cloud.instances[0]?.user}`,
    '/events/1000',
    '/events/993',
    ...hostile.map((name) => `/instances?q=${encodeURIComponent(name)}&project=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/problems?q=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/events?from=${encodeURIComponent(name)}&type=${encodeURIComponent(name)}`),
    ...hostile.map((name) => `/login?next=${encodeURIComponent(name)}`),
  ]

  /** What markup the page holds, apart from our own: tags and attributes that names would have had to break out to make. */
  const injected =
    /<script(?! type="module" src="\/assets\/)|<img|<svg\/|<[^>]*\son\w+=|href="javascript:|return process'\)\(\)<\/script/i

  it('stays text on every page', async () => {
    for (const path of pages()) {
      const page = await ada.text(path)
      const found = injected.exec(page)
      assert.equal(found?.[0] ?? null, null, `${path}: ${page.slice((found?.index ?? 0) - 80, (found?.index ?? 0) + 120)}`)
    }
  })

  it('is shown as it is, isolated from the text around it', async () => {
    const page = await ada.text('/instances?q=alert')
    assert.ok(page.includes('<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>'))
  })

  it('stays text in the live stream', async () => {
    const stream = await readStream(await ada.get('/live?since=x&topics=problem-list&topics=instance-list&topics=wall-content'))
    const messages = await stream.until((all) => all.filter(({ event }) => event === 'state').length >= 3)
    for (const { data } of messages) assert.doesNotMatch((data as { html?: string }).html ?? '', injected)
    await stream.close()
  })

  it('starts no formula in any CSV, and keeps every row one row', async () => {
    for (const path of [
      '/instances.csv',
      '/problems.csv',
      '/events.csv',
      '/networks.csv?by=instance',
      '/hosts.csv',
      '/timeline.csv',
      '/completeness.csv',
      `/projects/${ui.cloud.instances[0]?.project}.csv`,
      `/users/${ui.cloud.instances[0]?.user}.csv`,
    ]) {
      const response = await ada.get(path)
      assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="[\w.-]+\.csv"$/)
      const rows = parseCsv((await response.text()).replace(/^\ufeff/, ''))
      const width = rows[0]?.length
      for (const row of rows) {
        assert.equal(row.length, width, path)
        for (const cell of row) assert.doesNotMatch(cell, /^\s*[=@+]|^\s*-\D|[\u202a-\u202e\u2066-\u2069]/, path)
      }
    }
  })

  it('does not break JSON', async () => {
    const { rows } = (await (await ada.get('/instances.json')).json()) as { rows: { name: string }[] }
    for (const name of hostile) assert.ok(rows.some((row) => row.name === name))
  })
})

describe('CSV', () => {
  const gives = (cell: string | number | null, text: string) =>
    it(`writes ${JSON.stringify(cell)} as ${text}`, () =>
      assert.equal(csv([{ key: 'a', title: 'a' }], [{ a: cell }]), `a\r\n${text}\r\n`))
  gives('plain', 'plain')
  gives('two, parts', '"two, parts"')
  gives('say "hi"', '"say ""hi"""')
  gives('=1+1', `"'=1+1"`)
  gives('  @x', `"'  @x"`)
  gives('-rm', `"'-rm"`)
  gives('\t=1', `"'\t=1"`)
  gives(-12.5, '-12.5')
  gives(null, '')
  gives('a\u202eb\u0000c', 'abc')
})

/** A reader of its own, so that the writer is not tested by itself. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string
    if (quoted && letter === '"' && text[at + 1] === '"') cell += text[++at]
    else if (letter === '"') quoted = !quoted
    else if (!quoted && letter === ',') {
      rows.at(-1)?.push(cell)
      cell = ''
    } else if (!quoted && letter === '\r' && text[at + 1] === '\n') {
      rows.at(-1)?.push(cell)
      cell = ''
      rows.push([])
      at++
    } else cell += letter
  }
  rows.pop()
  return rows
}
