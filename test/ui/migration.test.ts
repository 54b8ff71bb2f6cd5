import assert from 'node:assert/strict'
import { fakeProjects } from '../support/fake-cloud.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('a live migration on the page of its instance', () => {
  const directory = temporaryDirectory()
  const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { clock, only: ['ada', 'rita'] })
  })
  after(() => ui.close())
  const page = async (name: string, index: number) => {
    const person = visitor(ui.url)
    await person.signIn(name)
    return (await person.get(`/instances/${ui.cloud.instances[index]?.id}`)).text()
  }

  it('shows how far it has come, and that it will not end by itself', async () => {
    const text = await page('ada', 1)
    assert.match(text, /<progress max="100" value="96"/)
    assert.ok(text.includes(`leaving ${ui.cloud.instances[1]?.host}`))
    assert.match(text, /286.MiB/u)
    assert.match(text, /130.MB\/s/u)
    assert.match(text, />840 ms</)
    assert.match(text, /it will not end by itself/)
  })

  it('is not there when nothing moves, and neither is its fold', async () => {
    const text = await page('ada', 2)
    assert.doesNotMatch(text, /<progress/)
    assert.doesNotMatch(text, /data-measurement="instance_migration"/)
  })

  it('tells its tenant how far, but not from which host', async () => {
    const own = ui.cloud.instances.findIndex(({ project, state }) => project === fakeProjects[0].id && state === 'active')
    const store = ui.cloud.store
    const fields = { progress_percent: 96, total_bytes: 8e9, remaining_bytes: 3e8 }
    const tags = { instance: ui.cloud.instances[own]?.id ?? '', project: fakeProjects[0].id, host: 'hv-01' }
    const latest = store.latest.bind(store)
    store.latest = async (query) =>
      query.measurement === 'instance_migration'
        ? [{ measurement: 'instance_migration', tags, fields, time: clock.now() }]
        : latest(query)
    const text = await page('rita', own)
    assert.match(text, /<progress max="100" value="96"/)
    assert.doesNotMatch(text, /leaving/)
  })
})
