import assert from 'node:assert/strict'
import { exposition } from '../../ui/api/probes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

interface Answer {
  t: number[]
  step: number
  series: { field: string; aggregate: string; unit: string; v: (number | null)[] }[]
  marks: { t: number; title: string; href?: string }[]
}

describe('the API', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  let ui: TestUi
  let ada: Visitor
  let id: string
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['ada', 'rita'] })
    ada = visitor(ui.url)
    await ada.signIn('ada')
    id = ui.cloud.instances[1]?.id ?? ''
  })
  after(() => ui.close())
  const series = async (query: string) =>
    (await (await ada.get(`/api/v1/series?measurement=instance&id=${id}&${query}`)).json()) as Answer

  it('gives columns: one time axis, one column a series, no more points than asked for', async () => {
    const answer = await series('field=cpu_percent&field=steal_percent&band=cpu_percent&from=now-6h&to=now&points=560')
    assert.ok(answer.t.length <= 561, `${answer.t.length}`)
    assert.equal(answer.step, 60_000)
    assert.deepEqual(answer.series.map(({ field, aggregate }) => `${field} ${aggregate}`).sort(), [
      'cpu_percent max',
      'cpu_percent mean',
      'cpu_percent min',
      'steal_percent mean',
    ])
    for (const { v } of answer.series) assert.equal(v.length, answer.t.length)
  })

  it('leaves a gap where nothing was read', async () => {
    const [cpu] = (await series('field=cpu_percent&from=now-6h&to=now')).series
    assert.ok(cpu?.v.includes(null))
  })

  it('stays as small for a year as for an hour', async () => {
    const size = async (from: string) => JSON.stringify(await series(`field=cpu_percent&from=${from}&to=now&points=560`)).length
    assert.ok((await size('now-1y')) < 2 * (await size('now-1h')) + 20_000)
  })

  it('marks what happened to the instance', async () => {
    const { marks } = await series('field=cpu_percent&from=now-24h&to=now&marks=1')
    assert.ok(marks.length > 0)
    assert.match(marks[0]?.href ?? '', /^\/events\/\d+$/)
  })

  it('gives a column for each disk, interface and vCPU', async () => {
    const answer = (await (
      await ada.get(`/api/v1/series?measurement=instance_disk&id=${id}&field=read_bytes&from=now-1h&to=now`)
    ).json()) as { series: { tags?: { device?: string } }[] }
    assert.deepEqual(
      answer.series.map(({ tags }) => tags?.device),
      ['vda', 'vdb'],
    )
    const whole = (await (
      await ada.get(`/api/v1/series?measurement=instance_migration&id=${id}&field=dirty_rate&from=now-1h&to=now`)
    ).json()) as Answer
    assert.deepEqual(
      whole.series.map((series) => 'tags' in series),
      [false],
    )
  })

  it('says what is wrong with a question', async () => {
    const wrong = async (query: string) => {
      const response = await ada.get(`/api/v1/series?${query}`)
      return [response.status, ((await response.json()) as { error: string }).error] as const
    }
    const base = `measurement=instance&id=${id}`
    assert.deepEqual(await wrong(`${base}&field=nonsense`), [400, 'field: instance has no field "nonsense"'])
    assert.equal((await wrong(`${base}&field=__proto__`))[0], 400)
    assert.equal((await wrong(`${base}`))[0], 400)
    assert.equal((await wrong('measurement=users&id=x&field=cpu_percent'))[0], 400)
    assert.equal((await wrong(`${base}&field=cpu_percent&points=1e9`))[0], 400)
    assert.match((await wrong(`${base}&field=cpu_percent&from=yesterday`))[1], /start is not a time/)
  })

  it('describes itself', async () => {
    const { openapi, paths } = (await (await fetch(`${ui.url}/api/v1/openapi.json`)).json()) as {
      openapi: string
      paths: Record<string, { get?: object; post?: object }>
    }
    assert.equal(openapi, '3.1.0')
    const readable = Object.keys(paths).filter((one) => paths[one]?.get && !one.includes('{') && one !== '/api/v1/series')
    assert.ok(readable.length > 2)
    for (const path of readable) assert.equal((await ada.get(path)).status < 400, true, path)
    assert.ok(paths['/api/v1/results']?.post, 'results are handed in, not read')
  })

  it('answers probes without a session, and tells them nothing of tenants', async () => {
    const health = await fetch(`${ui.url}/healthz`)
    assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [200, 'ok'])
    const text = await (await fetch(`${ui.url}/metrics`)).text()
    assert.match(text, /^specola_up\{component="amqp region-one",kind="amqp"\} 0$/m)
    assert.match(text, /^specola_queue\{component="amqp region-two",kind="amqp"\} 12$/m)
    for (const { id: secret, name, project } of ui.cloud.instances)
      for (const word of [secret, `"${name}"`, project ?? '']) assert.ok(!text.includes(word))
  })

  it('writes metrics that a scraper can read, whatever a component is called', () => {
    const odd = {
      component: 'a"b\\c\nd',
      kind: 'amqp',
      state: 'ok',
      detail: '',
      since: 0,
      at: 5000,
      numbers: { 'odd name!': 1.5, lost: Number.NaN },
    } as const
    const lines = exposition([odd], 3, '1.0').trimEnd().split('\n')
    for (const line of lines)
      assert.match(
        line,
        /^(# (HELP|TYPE) specola_\w+ .+|specola_\w+(\{(\w+="([^"\\\n]|\\.)*",?)+\})? -?[\d.e+]+|specola_\w+\{.*\} NaN)$/,
      )
    assert.equal(
      new Set(lines.filter((line) => line.startsWith('# TYPE'))).size,
      lines.filter((line) => line.startsWith('# TYPE')).length,
    )
  })
})
