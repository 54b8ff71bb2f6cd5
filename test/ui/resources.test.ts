import assert from 'node:assert/strict'
import { fakeProjects } from '../support/fake-cloud.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

interface Held {
  kind: string
  id: string
  name: string
  hours: number
  gib_hours: number
  idle_hours: number
}

describe('the pages of resources', () => {
  const directory = temporaryDirectory()
  const project = fakeProjects[0]
  let ui: TestUi
  let ada: Visitor
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'] })
    ada = visitor(ui.url)
    await ada.signIn('ada')
  })
  after(() => ui.close())
  const json = async <T>(path: string) => (await (await ada.get(path)).json()) as { total: number; rows: T[] }
  const idOf = (name: string) => ui.resources.find(({ about }) => about?.name === name)?.resource?.id as string

  it('list one kind at a time, and find by name, address and project', async () => {
    assert.equal((await json('/resources.json')).total, 12)
    assert.equal((await json(`/resources.json?project=${project.id}`)).total, 3)
    assert.equal((await json('/resources.json?kind=subnet&q=10.2.')).total, 1)
    assert.equal((await json('/resources.json?kind=nothing')).total, 12, 'volumes, where there is no such kind')
    assert.match(await ada.text('/resources?kind=router'), /anagrafe-router/)
    assert.match(await ada.text('/resources?kind=backup'), /None is known yet/)
    assert.match(await ada.text('/resources?q=zzz'), /None matches “zzz”/)
  })

  it('say which volume no instance has, and which floating IP serves nothing', async () => {
    const idle = await ada.text(`/resources/volume/${idOf('anagrafe-data-0')}`)
    assert.match(idle, /<td[^>]*>idle<\/td>/)
    const used = await ada.text(`/resources/volume/${idOf('anagrafe-data-1')}`)
    assert.match(used, /<td[^>]*>in use<\/td>/)
    assert.match(used, /href="\/instances\//)
    assert.match(await ada.text(`/resources/floatingip/${idOf('192.0.2.101')}`), /free/)
  })

  it('say what a project held: the same numbers on the page, in CSV and in JSON, and as the journal has them', async () => {
    const month = '?from=now-30d&to=now-1d'
    const { rows } = await json<Held>(`/projects/${project.id}.json${month}&of=resources`)
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['volume', 'volume', 'volume', 'snapshot', 'image', 'floatingip', 'floatingip'],
    )
    const grown = rows.find(({ name }) => name === 'anagrafe-data-1')
    assert.ok(grown && Math.abs(grown.gib_hours - 20 * grown.hours) < 1e-6 && grown.idle_hours === 0)
    const alone = rows.find(({ name }) => name === 'anagrafe-data-0')
    assert.ok(alone && alone.idle_hours === alone.hours && alone.hours > 24)
    const csv = (await ada.text(`/projects/${project.id}.csv${month}&of=resources`)).trim().split('\r\n')
    assert.equal(csv[0], 'kind,id,name,hours,gib_hours,idle_hours')
    assert.deepEqual(
      csv.slice(1).map((line) => line.split(',')[0]),
      rows.map(({ kind }) => kind),
    )
    const page = await ada.text(`/projects/${project.id}${month}`)
    assert.match(page, /Held beside instances/)
    assert.ok(page.replaceAll('&#x3D;', '=').includes(`href="/resources?kind=floatingip&amp;project=${project.id}"`))
    assert.doesNotMatch(await ada.text(`/projects/${project.id}${month}&view=parity`), /Held beside instances/)
  })

  it('are missing for what is not there', async () => {
    for (const path of ['/resources/volume/none', '/resources/nothing/none', `/resources/image/${idOf('anagrafe-data-0')}`])
      assert.equal((await ada.get(path)).status, 404, path)
  })
})
