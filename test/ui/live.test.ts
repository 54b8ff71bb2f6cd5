import assert from 'node:assert/strict'
import { readStream } from '../support/event-stream.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const html = (data: unknown) => (data as { html?: string }).html ?? ''

describe('the live stream', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let nino: Visitor
  before(async () => {
    ui = await startUi(directory(), { only: ['nino', 'ada', 'rita'] })
    nino = visitor(ui.url)
    await nino.signIn('nino')
  })
  after(() => ui.close())

  const open = async (person: Visitor, topics: readonly string[], since?: string) => {
    const query = [...topics.map((topic) => `topics=${encodeURIComponent(topic)}`), `since=${since ?? (await version(person))}`]
    return readStream(await person.get(`/live?${query.join('&')}`))
  }
  const version = async (person: Visitor) => /data-live="([^"]+)"/.exec(await person.text('/problems'))?.[1] ?? ''
  const target = (n: number) => ui.cloud.instances[n] as (typeof ui.cloud.instances)[number]

  it('is an event stream that is not cached, and beats at once', async () => {
    const response = await nino.get('/live?topics=problem-badge')
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const stream = await readStream(response)
    const [first] = await stream.until((all) => all.some(({ event }) => event === 'beat'))
    assert.ok(first)
    await stream.close()
  })

  it('brings a new problem as the same markup that the page has', async () => {
    const stream = await open(nino, ['problem-list', 'problem-badge'])
    ui.cloud.raise('swap', target(2), 'critical', 'swapping 40 MiB/s')
    const messages = await stream.until((all) => all.filter(({ event }) => event === 'state').length >= 2)
    const list = html(messages.find(({ data }) => (data as { topic?: string }).topic === 'problem-list')?.data)
    assert.match(list, /swapping 40 MiB\/s/)
    const still = (text: string) => text.replaceAll(/<time[^>]*>[^<]*<\/time>|\s+/g, '')
    assert.ok(still(await nino.text('/problems')).includes(still(list)), 'page and fragment differ')
    await stream.close()
  })

  it('keeps to the filters of the page', async () => {
    const stream = await open(nino, ['problem-list?q=only-this'])
    ui.cloud.raise('swap', target(3), 'critical', 'something else')
    const messages = await stream.until((all) => all.some(({ event }) => event === 'state'))
    assert.doesNotMatch(html(messages.at(-1)?.data), /something else/)
    await stream.close()
  })

  it('tells what was missed between the page and the stream', async () => {
    const seen = await version(nino)
    ui.cloud.raise('swap', target(4), 'warning', 'came in between')
    const stream = await open(nino, ['problem-list'], seen)
    const messages = await stream.until((all) => all.some(({ event }) => event === 'state'))
    assert.match(html(messages.find(({ event }) => event === 'state')?.data), /came in between/)
    await stream.close()
  })

  it('sends one redraw for a burst of changes', async () => {
    const stream = await open(nino, ['problem-list'])
    await stream.until((all) => all.some(({ event }) => event === 'beat'))
    for (let n = 0; n < 200; n++)
      ui.cloud.live.publish({ kind: 'problem', check: `c${n}`, project: null, state: 'critical', hard: true })
    ui.cloud.raise('burst', target(8), 'critical', 'end of the burst')
    const messages = await stream.until((all) => all.some(({ data }) => html(data).includes('end of the burst')))
    assert.ok(messages.filter(({ event }) => event === 'state').length <= 2)
    await stream.close()
  })

  it('says which part cannot be drawn, and goes on', async () => {
    const { alerts } = ui.cloud
    const real = alerts.problems
    const stream = await open(nino, ['problem-list', 'problem-badge'])
    alerts.problems = () => Promise.reject(new Error('journal is away'))
    ui.cloud.raise('swap', target(9), 'critical', 'unseen')
    const messages = await stream.until(
      (all) => all.some(({ event }) => event === 'failed') && all.some(({ event }) => event === 'state'),
    )
    assert.deepEqual(messages.find(({ event }) => event === 'failed')?.data, { topic: 'problem-list' })
    alerts.problems = real
    await stream.close()
  })

  it('has a bound on streams for one account', async () => {
    const responses = await Promise.all(Array.from({ length: 55 }, () => nino.get('/live')))
    assert.equal(responses.filter(({ status }) => status === 503).length >= 5, true)
    await Promise.all(responses.map((response) => response.body?.cancel()))
  })
})

describe('the live stream of a session that ends', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['rita'] })
  })
  after(() => ui.close())

  it('says goodbye at the next beat after sign-out', async () => {
    const rita = visitor(ui.url)
    await rita.signIn('rita')
    const stream = await readStream(await rita.get('/live?topics=problem-badge'))
    await stream.until((all) => all.some(({ event }) => event === 'beat'))
    await rita.submit('/logout', {}, '/problems')
    await clock.advance(15_000)
    const messages = await stream.until((all) => all.some(({ event }) => event === 'bye'))
    assert.equal(messages.at(-1)?.event, 'bye')
    await stream.until(() => false)
    assert.ok(stream.ended())
  })
})
