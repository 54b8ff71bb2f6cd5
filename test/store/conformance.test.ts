import { join } from 'node:path'
import { openSampleStore, storeSection } from '../../store/open.ts'
import { type Influxd, influxdProgram, startInfluxd } from '../support/influxd.ts'
import { needs } from '../support/needs.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { conformance, noon } from './conformance.ts'

const deps = (directory: string) => ({ directory, clock: new VirtualClock(noon + 3_600_000), logger: silentLogger() })

describe('embedded DuckDB', () => {
  const directory = temporaryDirectory()
  conformance('duckdb', async () => {
    const store = await openSampleStore(storeSection.parse(undefined), deps(directory()))
    return { store, close: () => store.close() }
  })
})

describe('InfluxDB 1.x', function () {
  this.timeout(60_000)
  needs(influxdProgram, 'influxdb')
  const directory = temporaryDirectory()
  let influxd: Influxd | undefined
  after(() => influxd?.stop())
  conformance('influx1', async () => {
    influxd = await startInfluxd(join(directory(), 'influxd'))
    // Influx measures retention by its own clock, which is the machine's: here it keeps everything.
    const config = storeSection.parse({ kind: 'influx1', url: influxd.url, retention: '3650d' })
    const store = await openSampleStore(config, deps(directory()))
    return { store, close: () => store.close() }
  })
})
