import assert from 'node:assert/strict'
import { readStream } from '../support/event-stream.ts'
import { fakeProjects } from '../support/fake-cloud.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('a project sees only itself', () => {
  const directory = temporaryDirectory()
  const [own, other] = [fakeProjects[0].id, fakeProjects[1].id]
  let ui: TestUi
  let mara: Visitor
  let rita: Visitor
  /** Words of other projects: ids and names of their instances, their own names, hosts. */
  let secrets: string[]
  let foreign: (typeof ui.cloud.instances)[number]

  before(async () => {
    ui = await startUi(directory(), { only: ['mara', 'rita', 'ada'] })
    mara = visitor(ui.url)
    rita = visitor(ui.url)
    await mara.signIn('mara')
    await rita.signIn('rita')
    const strangers = ui.cloud.instances.filter(({ project }) => project !== own)
    foreign = strangers.find(({ project, state }) => project === other && state === 'active') as typeof foreign
    const names = new Set(ui.cloud.instances.filter(({ project }) => project === own).map(({ name }) => name))
    secrets = [
      ...ui.resources
        .filter(({ project, about }) => project !== own && !about?.shared)
        .flatMap(({ resource, about }) => [resource?.id as string, about?.name as string]),
      ...strangers.flatMap(({ id, name }) => [id, ...(name !== null && !names.has(name) ? [`>${name}<`, `${name},`] : [])]),
      other,
      'sanita',
      'protocollo',
      'hv-0',
      'nova-compute',
      'amqp region',
    ]
  })
  after(() => ui.close())

  const silent = (text: string, where: string) => {
    const told = secrets.filter((secret) => text.includes(secret))
    assert.deepEqual(told, [], `${where} tells of others`)
  }

  const pages = () => [
    '/',
    '/problems',
    '/problems?soft=1',
    '/events',
    '/events?all=1',
    '/timeline',
    '/timeline?all=1',
    '/timeline.csv',
    '/timeline.json',
    `/timeline/${ui.cloud.timeline.ofProject(own)}`,
    '/instances',
    '/projects',
    '/users',
    `/projects/${own}`,
    '/problems.csv',
    '/problems.json',
    '/events.csv',
    '/events.json',
    '/instances.csv',
    '/instances.json',
    '/networks',
    '/networks?by=subnet',
    '/networks?by=port',
    '/networks?by=instance',
    '/networks.csv?by=project',
    '/networks.json?by=instance',
    ...['volume', 'snapshot', 'image', 'floatingip', 'network', 'subnet', 'router', 'security_group'].flatMap((kind) => [
      `/resources?kind=${kind}`,
      `/resources.json?kind=${kind}&deleted=1`,
      `/resources.csv?kind=${kind}`,
    ]),
    ...ui.resources
      .filter(({ project, about }) => project === own || about?.shared)
      .map(({ resource }) => `/resources/${resource?.kind}/${resource?.id}`),
    `/projects/${own}.json?of=resources`,
    `/projects/${own}.csv?of=resources`,
    '/projects.csv',
    '/projects.json',
    `/projects/${own}.csv?by=user`,
    `/projects/${own}.json?by=flavor`,
    '/users.csv',
    '/accessibility',
    `/instances/${ui.cloud.instances.find(({ project, state }) => project === own && state === 'active')?.id}`,
    `/checks/${encodeURIComponent(ui.cloud.problems.find(({ project }) => project === own)?.check ?? '')}`,
  ]

  it('on every page and in every export', async () => {
    for (const path of pages()) silent(await mara.text(path), path)
    for (const path of pages().filter((one) => !one.startsWith('/users'))) silent(await rita.text(path), path)
  })

  it('in money: budgets, advice, reports in every form', async () => {
    const range = `from=${encodeURIComponent('now-30d')}&to=now`
    for (const path of [
      '/budgets',
      '/budgets.json',
      '/efficiency',
      '/efficiency.csv',
      '/reports',
      `/projects/${own}?by=host`,
      '/projects?from=now-30d&to=now',
    ])
      silent(await mara.text(path), path)
    for (const format of ['csv', 'json'])
      for (const kind of ['kind=cloud', `kind=project&id=${own}`, 'kind=flavor&id=m1.large']) {
        const path = `/reports/download?${range}&format=${format}&${kind}`
        const text = await mara.text(path)
        assert.ok(text.includes(own), path)
        silent(text.replaceAll(/"m1\.\w+"/g, ''), path)
      }
    for (const path of [
      `/reports/download?${range}&format=csv&kind=project&id=${other}`,
      `/reports/download?${range}&format=pdf&project=${other}`,
      `/reports/download?${range}&format=json&kind=instance&id=${foreign.id}`,
      `/reports/download?${range}&format=csv&kind=host&id=hv-01`,
    ])
      assert.equal((await mara.get(path)).status, 404, path)
    for (const path of ['/budgets', '/efficiency', '/reports', `/reports/download?${range}&kind=project&id=${own}`]) {
      const response = await rita.get(path)
      assert.equal(response.status, 403, path)
    }
    assert.ok(!/EUR|€/.test(await rita.text(`/projects/${own}`)), 'a reader sees no money')
    assert.ok(/€/.test(await mara.text(`/projects/${own}`)))
  })

  it('when it asks by id', async () => {
    const check = ui.cloud.problems.find(({ project }) => project === other)?.check ?? ''
    for (const path of [
      `/instances/${foreign.id}`,
      `/timeline/${ui.cloud.timeline.ofProject(other)}`,
      '/timeline/3000',
      ...ui.resources
        .filter(({ project, about }) => project === other && !about?.shared)
        .map(({ resource }) => `/resources/${resource?.kind}/${resource?.id}`),
      `/projects/${other}.json?of=resources`,
      `/projects/${other}`,
      `/projects/${other}.csv`,
      `/projects/${other}.json`,
      `/checks/${encodeURIComponent(check)}`,
      `/checks/${encodeURIComponent('no-data:hv-07')}`,
      `/api/v1/series?measurement=instance&field=cpu_percent&id=${foreign.id}`,
      '/api/v1/series?measurement=hypervisor&field=cpu_percent&id=hv-01',
    ]) {
      const response = await mara.get(path)
      assert.equal(response.status, 404, path)
      silent((await response.text()).replaceAll(path, ''), path)
    }
  })

  it('when it filters', async () => {
    for (const path of [
      `/instances?project=${other}`,
      `/instances.json?project=${other}`,
      `/instances.csv?host=hv-02`,
      `/instances?sort=host`,
      `/resources?project=${other}`,
      `/resources.json?project=${other}&kind=image&deleted=1`,
      `/problems?project=${other}&soft=1`,
      '/problems.json?host=hv-08',
      `/events.json?project=${other}`,
      `/events.json?resource=${foreign.id}`,
      `/timeline.json?resource=${foreign.id}`,
      `/timeline?resource=${foreign.id}`,
      `/timeline.json?project=${other}`,
      '/timeline.json?q=nino',
      '/timeline.csv?service=specola',
      `/projects/${own}?by=host`,
      `/projects/${own}.json?by=host`,
      `/projects.json?view=parity`,
    ]) {
      const text = await mara.text(path)
      silent(text.replaceAll(/(value|href|data-topic|name)="[^"]*"/g, ''), path)
    }
    const filtered = (await (await mara.get('/instances.json?host=hv-02')).json()) as { total: number }
    const all = (await (await mara.get('/instances.json')).json()) as { total: number }
    assert.equal(filtered.total, all.total, 'asking by host must not tell who is where')
  })

  it('when it searches', async () => {
    for (const q of [foreign.id, foreign.name ?? '', foreign.addresses[0]?.address ?? '', '%', '_', "' OR 1=1 --"]) {
      const { rows } = (await (await mara.get(`/instances.json?q=${encodeURIComponent(q)}`)).json()) as {
        rows: { project: string }[]
      }
      assert.ok(
        rows.every(({ project }) => project === own),
        q,
      )
    }
  })

  it('but what every project may see, without whose it is and whom it serves', async () => {
    const lab = fakeProjects[3].id
    const { rows } = (await (await mara.get('/resources.json?kind=image')).json()) as {
      rows: { name: string; project: string | null; user: string | null; instances: string; parent: string | null }[]
    }
    assert.deepEqual(
      rows.map(({ name, project, user, parent }) => ({ name, project, user, parent: parent === null })),
      [
        { name: 'anagrafe-image', project: own, user: rows[0]?.user, parent: false },
        { name: 'lab-image', project: null, user: null, parent: true },
      ],
    )
    assert.equal(((await (await mara.get(`/resources.json?kind=image&project=${lab}`)).json()) as { total: number }).total, 0)
    for (const q of ['sanita', '192.0.2.2', '%', "' OR 1=1 --"])
      for (const kind of ['volume', 'floatingip', 'network'])
        silent(await mara.text(`/resources.json?kind=${kind}&q=${encodeURIComponent(q)}`), q)
  })

  it('in the live stream, also when it asks for the topics of others', async () => {
    const topics = [
      'problem-list',
      'problem-badge',
      'event-list?all=1',
      'action-list',
      'completeness-board',
      'instance-list',
      'resource-list?kind=volume',
      'wall-content',
      'health-board',
      `instance-facts?id=${foreign.id}`,
      `instance-activity?id=${foreign.id}`,
      `problem-list?project=${other}`,
    ]
    const query = topics.map((topic) => `topics=${encodeURIComponent(topic)}`).join('&')
    const stream = await readStream(await mara.get(`/live?since=none&${query}`))
    const messages = await stream.until((all) => all.filter(({ event }) => event === 'state').length >= 7)
    const drawn = messages.filter(({ event }) => event === 'state').map(({ data }) => data as { topic: string; html: string })
    for (const { topic, html } of drawn) silent(html, topic)
    assert.ok(!drawn.some(({ topic }) => topic === 'wall-content' || topic === 'health-board' || topic === 'completeness-board'))
    await stream.close()
  })

  it('of hosts and of what their machines say, also in the live stream', async () => {
    const topics = ['host-list', 'host-now?id=hv-01', 'host-instances?id=hv-01', 'host-inside?id=hv-01']
    const all = [...topics, `instance-inside?id=${foreign.id}`, 'problem-list']
    const query = all.map((topic) => `topics=${encodeURIComponent(topic)}`).join('&')
    const stream = await readStream(await mara.get(`/live?since=none&${query}`))
    const messages = await stream.until((all) => all.filter(({ event }) => event === 'state').length >= 2)
    const drawn = messages.filter(({ event }) => event === 'state').map(({ data }) => data as { topic: string; html: string })
    assert.deepEqual(drawn.map(({ topic }) => topic.split('?')[0]).sort(), ['instance-inside', 'problem-list'])
    for (const { topic, html } of drawn) silent(html, topic)
    await stream.close()
  })

  it('when it tries to take the problem of another', async () => {
    const check = ui.cloud.problems.find(({ project, state }) => project === other && state === 'critical')
    const response = await mara.submit('/problems/acknowledge', { check: check?.check ?? '' }, '/problems')
    assert.equal(response.status, 403)
    assert.equal(check?.acknowledgement, null)
  })
})
