/** What a real gmond tells, on the page of its host; and what becomes of it when it is killed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { gangliaCollector } from '../../collector/ganglia/collect.ts'
import { gangliaSection } from '../../collector/ganglia/section.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import type { Inventory, SampleStore } from '../../model/contract.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { machineJournal } from '../../store/journal/machines.ts'
import { captured } from '../support/captured.ts'
import { eventually } from '../support/child-process.ts'
import { type Gmond, gmondProgram, startGmond } from '../support/ganglia.ts'
import { needs } from '../support/needs.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { visitor } from '../support/ui-client.ts'
import { startUi, type TestUi } from '../support/ui-server.ts'

describe('the page of a host that runs a real gmond', function () {
  this.timeout(60_000)
  needs(gmondProgram, 'ganglia-monitor')
  const directory = temporaryDirectory()
  const stop = new AbortController()
  const store = new SamplesInMemory()
  let later = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + later }
  let gmond: Gmond
  let ui: TestUi
  let database: Database
  let reading: Promise<void>

  before(async () => {
    gmond = await startGmond(directory(), {
      ...{ cluster: 'compute', host: 'hv-03.cloud', address: '10.3.0.3', channel: { unicast: null } },
    })
    database = openDatabase(join(directory(), 'machines'))
    const machines = machineJournal(database)
    ui = await startUi(join(directory(), 'ui'), { clock, deps: { store: store as unknown as SampleStore, machines } })
    const [source] = gangliaSection.parse([{ name: 'test', addresses: [`127.0.0.1:${gmond.port}`], interval: '1s' }])
    assert.ok(source)
    const caught = captured()
    const intake = {
      ...caught.intake,
      machines: machines.seen,
      samples: async (batch: Parameters<typeof caught.intake.samples>[0]) => void store.samples.push(...batch),
    }
    const inventory: Pick<Inventory, 'instances' | 'hypervisors'> = {
      instances: async () => ({ rows: [], total: 0 }),
      hypervisors: async () => [
        { host: 'hv-03', uri: null, cpus: null, memoryBytes: null, version: null, seenAt: systemClock.now() },
      ],
    }
    reading = gangliaCollector(source, { ...caught, intake, inventory, clock: systemClock }).run(stop.signal)
  })
  after(async () => {
    stop.abort()
    await reading
    await ui?.close()
    database?.close()
    await gmond?.stop()
  })

  it('shows its metrics; killed, its values turn stale and the page says that it is silent', async () => {
    const ada = visitor(ui.url)
    await ada.signIn('ada')
    const page = () => ada.text('/hosts/hv-03')
    const shown = await eventually('its metrics', async () => {
      const html = await page()
      return html.includes('load_one') && html.includes('Linux') ? html : null
    })
    assert.match(shown, /From inside/)
    assert.doesNotMatch(shown, /Its gmond is silent/)
    assert.doesNotMatch(await ada.text('/hosts/hv-04'), /From inside/, 'another host has nothing of it')

    await gmond.stop('SIGKILL')
    later = 5 * 60_000
    const silent = await page()
    assert.match(silent, /Its gmond is silent/)
    assert.match(silent, /load_one/, 'the last values stay, with their age')
    const stale = (html: string) => html.split('class="is-stale"').length - 1
    assert.ok(stale(silent) > stale(shown), `${stale(silent)} stale values, ${stale(shown)} before`)
  })
})
