/** A gmond that is not there: answers over TCP as gmond does, for machines whose figures are waves. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { Clock } from '../../model/clock.ts'

export interface DemoMachine {
  name: string
  address: string
  cpus: number
  memoryKib: number
  /** Its gmond fell silent at this instant, epoch ms. */
  silentSince?: number
}

export interface DemoGmond {
  port: number
  close(): Promise<void>
}

/** Reports come every so many seconds. */
const everyS = 20

/** On loopback, on a free port. */
export async function startDemoGmond(cluster: string, machines: readonly DemoMachine[], clock: Clock): Promise<DemoGmond> {
  const startedAt = Math.floor(clock.now() / 1000) - 40 * 86_400
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()) // a reader that went away
    socket.end(answerOf(cluster, machines, clock.now(), startedAt))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function answerOf(cluster: string, machines: readonly DemoMachine[], now: number, startedAt: number): string {
  const hosts = machines.map((machine) => hostXml(machine, now, startedAt)).join('')
  return `<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>
<!DOCTYPE GANGLIA_XML [
]>
<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">
<CLUSTER NAME="${cluster}" LOCALTIME="${Math.floor(now / 1000)}" OWNER="demo" LATLONG="unspecified" URL="unspecified">
${hosts}</CLUSTER>
</GANGLIA_XML>
`
}

function hostXml({ name, address, cpus, memoryKib, silentSince }: DemoMachine, now: number, startedAt: number): string {
  const seed = createHash('sha1').update(name).digest()
  // Each machine reports at its own moment.
  const phase = (seed[0] as number) % everyS
  const heard = silentSince ?? now
  const reported = Math.floor((heard / 1000 - phase) / everyS) * everyS + phase
  const tn = Math.max(0, Math.floor(now / 1000 - reported))
  const wave = (n: number, period: number) => 0.5 + 0.5 * Math.sin((reported / period) * 2 * Math.PI + (seed[n] as number))
  const busy = 0.15 + 0.7 * wave(1, 3600) * wave(2, 800)
  const metric = (
    key: string,
    value: number | string,
    unit: string,
    type: string,
    title: string,
    group: string,
    slope = 'both',
  ) =>
    `<METRIC NAME="${key}" VAL="${value}" TYPE="${type}" UNITS="${unit}" TN="${tn}" TMAX="60" DMAX="0" SLOPE="${slope}">
<EXTRA_DATA>
<EXTRA_ELEMENT NAME="GROUP" VAL="${group}"/>
<EXTRA_ELEMENT NAME="TITLE" VAL="${title}"/>
</EXTRA_DATA>
</METRIC>
`
  const metrics = [
    metric('cpu_wio', (4 * wave(3, 900)).toFixed(1), '%', 'float', 'CPU wio', 'cpu'),
    metric('load_one', (busy * cpus).toFixed(2), ' ', 'float', 'One Minute Load Average', 'load'),
    metric('mem_cached', Math.round(memoryKib * 0.2 * wave(4, 7200)), 'KB', 'float', 'Cached Memory', 'memory'),
    metric('mem_free', Math.round(memoryKib * (0.6 - 0.4 * busy)), 'KB', 'float', 'Free Memory', 'memory'),
    metric('part_max_used', (55 + 20 * wave(5, 86_400)).toFixed(1), '%', 'float', 'Maximum Disk Space Used', 'disk'),
    metric('proc_run', Math.round(1 + busy * cpus), ' ', 'uint32', 'Total Running Processes', 'process'),
    metric('temp_cpu', (38 + 24 * busy).toFixed(1), 'Celsius', 'float', 'CPU temperature', 'sensors'),
    metric('os_name', 'Linux', '', 'string', 'Operating System', 'system', 'zero'),
    metric('os_release', '6.1.0-28-amd64', '', 'string', 'Operating System Release', 'system', 'zero'),
  ]
  return `<HOST NAME="${name}" IP="${address}" TAGS="" REPORTED="${reported}" TN="${tn}" TMAX="20" DMAX="0" LOCATION="unspecified" GMOND_STARTED="${startedAt}">
${metrics.join('')}</HOST>
`
}
