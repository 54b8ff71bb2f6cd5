import assert from 'node:assert/strict'
import type { DifferenceCause } from '../../model/usage.ts'
import { slight } from '../../ui/usage-differences.ts'
import { fakeProjects } from '../support/fake-cloud.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe("the section of Nova's figure and ours", () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  before(async () => {
    ui = await startUi(directory(), { only: ['mara'] })
  })
  after(() => ui.close())

  const section = (html: string) => /<section id="difference"[\s\S]*?<\/section>/.exec(html)?.[0] ?? ''

  it('lists the instances of a project with the reasons, and those of no other project', async () => {
    const mara = visitor(ui.url)
    await mara.signIn('mara')
    const page = section(await (await mara.get(`/projects/${fakeProjects[0].id}?from=now-7d&to=now`)).text())
    assert.match(page, /Resized on \d+ \w+ \d{4}: Nova forgot [\d.]+\sh as m1\.large|Nova forgot [\d.]+\sh as m1\.large/)
    const own = ui.cloud.instances.filter(({ project }) => project === fakeProjects[0].id)
    const linked = [...page.matchAll(/href="\/instances\/([^"?]+)/g)].map(([, id]) => id)
    assert.ok(linked.length > 3)
    for (const id of linked) assert.ok(own.some((instance) => instance.id === id))
  })

  it('tells the same of one instance on its own page', async () => {
    const mara = visitor(ui.url)
    await mara.signIn('mara')
    const own = ui.cloud.instances.find(({ project, state }) => project === fakeProjects[0].id && state === 'active')
    const page = section(await (await mara.get(`/instances/${own?.id}?from=now-7d&to=now`)).text())
    assert.match(page, /Nova forgot [\d.]+\sh as m1\.large/)
    assert.match(section(await (await mara.get(`/instances/${own?.id}?from=now-1h&to=now`)).text()), /agree for this period/)
  })
})

describe('a slight difference', () => {
  const second = 1 / 3600
  const between = (nova: number, ours: number, causes: Partial<DifferenceCause>[]) => ({
    ...{ parityHours: nova, ledgerHours: ours },
    causes: causes.map((cause) => ({ hours: 0, vcpuHours: 0, ...cause })),
  })

  it('is below a minute in every cause, not only in their sum', () => {
    assert.equal(slight(between(1, 1 + 59 * second, [{ hours: 59 * second }])), true)
    assert.equal(slight(between(1, 1 + 60 * second, [{ hours: 60 * second }])), false)
    assert.equal(slight(between(1, 1, [{ hours: 2 }, { hours: -2 }])), false)
    assert.equal(slight(between(1, 1, [{ hours: 0, vcpuHours: 4 }])), false)
  })
})
