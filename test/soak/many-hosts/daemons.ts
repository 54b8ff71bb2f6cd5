/** Simulated hypervisors in a process of their own: `node daemons.ts DIRECTORY HOSTS GUESTS`. Says `ready` and serves until it is ended. */
import { join } from 'node:path'
import { startDemoHypervisor } from '../../../collector/demo/hypervisor.ts'
import { systemClock } from '../../../model/clock.ts'
import { demoDomains } from '../../support/demo-domains.ts'

const [directory = '', hosts = '1', guests = '1'] = process.argv.slice(2)
const domains = demoDomains(...Array.from({ length: Number(guests) }, () => 'idle' as const))
for (let n = 0; n < Number(hosts); n++)
  await startDemoHypervisor({ socketPath: join(directory, `${n}.sock`), host: `hv-${n}`, domains, clock: systemClock })
console.log('ready')
