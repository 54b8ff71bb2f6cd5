import assert from 'node:assert/strict'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('what still fits', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  let ada: Visitor
  before(async () => {
    ui = await startUi(directory(), { only: ['ada'] })
    ada = visitor(ui.url)
    await ada.signIn('ada')
  })
  after(() => ui.close())
  const idOf = (name: string) => ui.resources.find(({ about }) => about?.name === name)?.resource?.id as string
  const hosts = async (query = '') =>
    ((await (await ada.get(`/hosts.json${query}`)).json()) as { rows: Record<string, unknown>[] }).rows
  const plain = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

  it('is told of each flavor for the cloud, and it is the sum of its hosts', async () => {
    const rows = await hosts(`?flavor=${idOf('m1.large')}`)
    assert.equal(rows.length, 8)
    const sum = rows.reduce((total, { fits }) => total + (fits as number), 0)
    assert.ok(sum > 100)
    assert.match(plain(await ada.text('/hosts')), new RegExp(`m1\\.large ${sum} 7 / 8 memory 4 `))
    const disabled = rows.filter(({ fits_limit }) => fits_limit === 'COMPUTE_STATUS_DISABLED')
    assert.deepEqual(
      disabled.map(({ host, fits }) => [host, fits]),
      [['hv-08', 0]],
    )
  })

  it('is shown of each host when a flavor is chosen, and on the page of the host', async () => {
    const [first] = await hosts(`?flavor=${idOf('c5.2xlarge')}`)
    const page = plain(await ada.text(`/hosts?flavor=${idOf('c5.2xlarge')}`))
    assert.match(page, /More of c5\.2xlarge/)
    assert.match(page, new RegExp(`hv-01 .*? ${first?.fits} memory`))
    const host = plain(await ada.text('/hosts/hv-01'))
    assert.match(host, new RegExp(`c5\\.2xlarge ${first?.fits} memory`))
    assert.match(host, /g1\.gpu 0 virtual GPUs/)
  })

  it('comes with how far each host may be promised', async () => {
    const [first] = await hosts()
    assert.deepEqual([first?.vcpus_promisable, first?.memory_promisable], [256, 248 * 1024 ** 3])
    assert.equal(first?.fits, undefined)
    assert.match(plain(await ada.text('/hosts/hv-01')), /May be promised .*256 4×/)
  })

  it('is nothing to fear of a flavor that is none', async () => {
    const page = await ada.text('/hosts?flavor=%3Cscript%3Ealert(1)%3C/script%3E')
    assert.ok(!page.includes('<script>alert'))
    assert.doesNotMatch(page, /More of/)
  })
})
