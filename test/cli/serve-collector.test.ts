import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoHypervisor, startDemoHypervisor } from '../../collector/demo/hypervisor.ts'
import { systemClock } from '../../model/clock.ts'
import { openSampleStore, storeSection } from '../../store/open.ts'
import { eventually, spawnKept, stopProcess } from '../support/child-process.ts'
import { demoDomains } from '../support/demo-domains.ts'
import { type Influxd, influxdProgram, startInfluxd } from '../support/influxd.ts'
import { needs } from '../support/needs.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('collectors of several hypervisors that write to one server', function () {
  this.timeout(60_000)
  needs(influxdProgram, 'influxdb')
  const directory = temporaryDirectory()
  let influxd: Influxd
  const demos: DemoHypervisor[] = []
  const started: ReturnType<typeof spawnKept>[] = []
  before(async () => {
    influxd = await startInfluxd(join(directory(), 'influx'))
  })
  after(async () => {
    for (const { child } of started) await stopProcess(child)
    for (const demo of demos) await demo.close()
    await influxd?.stop()
  })

  it('are read as one', async () => {
    const section = { kind: 'influx1', url: influxd.url, database: 'specola' }
    const hosts = ['hv-01', 'hv-02']
    for (const host of hosts) {
      const demo = await startDemoHypervisor({
        socketPath: join(directory(), `${host}.sock`),
        host,
        domains: demoDomains('busy'),
        clock: systemClock,
      })
      demos.push(demo)
      const file = join(directory(), `${host}.yaml`)
      writeFileSync(
        file,
        JSON.stringify({
          data: join(directory(), host),
          store: section,
          collector: { libvirt: [{ uri: demo.uri, host, interval: '1s' }] },
        }),
      )
      const main = join(import.meta.dirname, '../../main.ts')
      started.push(
        spawnKept(process.execPath, [main, 'serve', '--only', 'collector', '--config', file], { PATH: process.env.PATH }),
      )
    }
    const store = await openSampleStore(storeSection.parse(section), {
      directory: directory(),
      clock: systemClock,
      logger: silentLogger(),
    })
    const seen = await eventually('both hosts', async () => {
      const samples = await store.latest({ measurement: 'hypervisor', where: {}, since: systemClock.now() - 60_000 })
      const names = new Set(samples.map(({ tags }) => tags.host))
      return hosts.every((host) => names.has(host)) ? samples : null
    })
    assert.equal(seen.length, 2)
    for (const { child } of started) {
      const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
      console.log(`      collector with a journal and a server store: ${rss.toFixed(0)} MiB`)
    }
    await store.close()
  })
})
