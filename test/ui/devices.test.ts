import assert from 'node:assert/strict'
import type { Target } from '../../model/contract.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

const evil = `"><script>alert(1)</script>&q=#x`
const device = (id: string): Target => ({
  ...{ kind: 'device', id, name: id, project: null, host: null, instance: null },
  device: { address: '192.0.2.7', alias: id, groups: [], parents: [], variables: {} },
})

describe('the page of devices', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let ada: Visitor
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'], devices: [device('shop'), device(evil)] })
    ada = visitor(ui.url)
    await ada.signIn('ada')
    const [instance] = ui.cloud.instances
    assert.ok(instance)
    for (const [id, rule, state] of [
      ['shop', 'Disk / var', 'ok'],
      ['shop', 'HTTP', 'warning'],
      [evil, evil, 'critical'],
    ] as const)
      ui.cloud.raise(rule, { ...instance, id, name: id }, state, `says ${rule}`)
  })
  after(() => ui.close())
  const body = async (path: string) => (await ada.get(path)).text()

  it('lists every check, the worst first', async () => {
    const page = await body('/devices')
    const table = page.slice(page.indexOf('<tbody>'))
    const order = ['says &quot;&gt;&lt;script&gt;', 'says HTTP', 'says Disk / var'].map((text) => table.indexOf(text))
    assert.ok(order.every((at) => at > 0) && order.join() === order.toSorted((a, b) => a - b).join(), order.join())
    assert.match(page, /2 checks in trouble/)
    assert.match(page, /2 devices · 3 checks/)
  })

  it('is found by name, address and check', async () => {
    assert.doesNotMatch(await body('/devices?q=shop'), /script&gt;alert/)
    assert.match(await body('/devices?q=192.0.2'), /says HTTP/)
    assert.match(await body('/devices?q=nothing'), /No device or check of that name/)
  })

  it('makes nothing of hostile names but text', async () => {
    const page = await body('/devices')
    assert.doesNotMatch(page, /<script>alert/)
    assert.ok(page.replaceAll('&#x3D;', '=').includes(`/devices?${new URLSearchParams({ q: evil })}"`), 'its link leads to it')
    const csv = await body('/devices.csv')
    assert.match(csv, /^device,address,check,state,hard,output,last_check/)
  })

  it('has its place in the rail only where there are devices', async () => {
    assert.match(await body('/problems'), /href="\/devices"/)
  })
})
