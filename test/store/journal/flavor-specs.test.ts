import assert from 'node:assert/strict'
import { type FlavorFacts, nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { flavorJournal } from '../../../store/journal/flavor-specs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const start = Date.UTC(2026, 9, 1)
const sizes: FlavorFacts = { id: 'f1', name: 'g1.gpu', vcpus: 4, memoryMb: 8192, rootGb: 20, ephemeralGb: 0 }
const gpus = (n: number) => ({ ...sizes, extraSpecs: { 'resources:VGPU': String(n) } })

const recorded = (of: Parameters<typeof nativeEvent>[0]): RecordedEvent => ({ event: nativeEvent(of), ignored: false, raw: null })
const listed = (time: number, flavor: FlavorFacts) =>
  recorded({
    ...{ id: `flavor ${time}`, type: 'flavor.observed', time, service: 'nova', publisher: 'openstack api' },
    ...{ resource: { kind: 'flavor', id: 'f1' }, about: { name: 'g1.gpu', flavor } },
  })
const instance = (time: number, flavor: FlavorFacts) =>
  recorded({
    ...{ id: `instance ${time}`, type: 'instance.observed', time, service: 'nova', publisher: 'openstack api' },
    ...{ resource: { kind: 'instance', id: 'i1' }, instance: { state: 'active', launchedAt: start, flavor } },
  })

describe('extra specs of a flavor', () => {
  const directory = temporaryDirectory()
  let number = 0
  const are = (title: string, events: readonly RecordedEvent[], gpu: string | undefined) =>
    it(`are ${title}`, async () => {
      const db = openDatabase(`${directory()}/${number++}`)
      await eventJournal(db).record(events)
      assert.equal((await flavorJournal(db).extraSpecs()).get('g1.gpu')?.['resources:VGPU'], gpu)
      db.close()
    })
  are('what its instances tell', [instance(start, gpus(1))], '1')
  are("what the API's list tells, where no message does", [listed(start, gpus(2)), instance(start + 1000, sizes)], '2')
  are('the newest of both, the list', [instance(start, gpus(1)), listed(start + 1000, gpus(2))], '2')
  are('the newest of both, an instance', [listed(start, gpus(2)), instance(start + 1000, gpus(3))], '3')
  are('unknown where nobody tells', [listed(start, sizes)], undefined)
})
