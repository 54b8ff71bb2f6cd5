/** Debian's gmond and gmetad, started by the tests on loopback with files and ports of their own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listening, spawnKept, stopProcess } from './child-process.ts'
import { freePort } from './free-port.ts'

export const gmondProgram = '/usr/sbin/gmond'
export const gmetadProgram = '/usr/sbin/gmetad'
export const gangliaModules = '/usr/lib/x86_64-linux-gnu/ganglia'

export interface Gmond {
  port: number
  /** Where it hears others, for `gmetric` and unicast senders. */
  heardAt: number
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface GmondOptions {
  cluster: string
  /** The name and address it goes by. */
  host: string
  address: string
  /** multicast: group and port that a whole cluster shares; unicast: the port of the gmond that collects, default its own. */
  channel: { multicast: string; port: number } | { unicast: number | null }
}

const group = (every: number, most: number, metrics: readonly string[]) =>
  `collection_group {\n collect_every = ${every}\n time_threshold = ${most}\n${metrics.map((name) => ` metric {\n name = "${name}"\n }\n`).join('')}}\n`

export async function startGmond(directory: string, { cluster, host, address, channel }: GmondOptions): Promise<Gmond> {
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const own = await freePort()
  const [send, receive, heardAt] =
    'multicast' in channel
      ? [
          `mcast_join = ${channel.multicast}\n mcast_if = lo\n ttl = 0\n port = ${channel.port}`,
          `mcast_join = ${channel.multicast}\n mcast_if = lo\n bind = ${channel.multicast}\n port = ${channel.port}`,
          channel.port,
        ]
      : [`host = 127.0.0.1\n port = ${channel.unicast ?? own}`, `bind = 127.0.0.1\n port = ${own}`, own]
  const file = join(directory, `gmond-${host}.conf`)
  writeFileSync(
    file,
    `globals {
 daemonize = no
 setuid = no
 host_dmax = 0
 cleanup_threshold = 300
 send_metadata_interval = 1
 override_hostname = "${host}"
 override_ip = "${address}"
}
cluster {
 name = "${cluster}"
 owner = "tests"
}
udp_send_channel {
 ${send}
}
udp_recv_channel {
 ${receive}
}
tcp_accept_channel {
 bind = 127.0.0.1
 port = ${port}
}
modules {
${[
  'core_metrics',
  'cpu_module modcpu.so',
  'load_module modload.so',
  'mem_module modmem.so',
  'net_module modnet.so',
  'sys_module modsys.so',
]
  .map((line) => line.split(' '))
  .map(([name, path]) => ` module {\n name = "${name}"\n${path ? ` path = "${gangliaModules}/${path}"\n` : ''} }\n`)
  .join('')}}
collection_group {
 collect_once = yes
 time_threshold = 2
 metric {
 name = "heartbeat"
 }
}
collection_group {
 collect_once = yes
 time_threshold = 5
 metric {
 name = "cpu_num"
 title = "CPU Count"
 }
 metric {
 name = "os_name"
 title = "Operating System"
 }
}
${group(1, 2, ['load_one', 'mem_free', 'cpu_idle', 'bytes_in'])}`,
  )
  const { child, output } = spawnKept(gmondProgram, ['-c', file, '-f'], { PATH: process.env.PATH })
  await listening(port, child, output)
  return { port, heardAt, stop: (signal) => stopProcess(child, signal) }
}

export interface Gmetad {
  port: number
  interactivePort: number
  stop(): Promise<void>
}

/** Reads the clusters every second; keeps no files of values. */
export async function startGmetad(
  directory: string,
  sources: readonly { cluster: string; ports: readonly number[] }[],
): Promise<Gmetad> {
  mkdirSync(join(directory, 'rrds'), { recursive: true })
  const [port, interactivePort] = [await freePort(), await freePort()]
  const file = join(directory, 'gmetad.conf')
  writeFileSync(
    file,
    `${sources.map(({ cluster, ports }) => `data_source "${cluster}" 1 ${ports.map((one) => `127.0.0.1:${one}`).join(' ')}`).join('\n')}
gridname "Specola tests"
xml_port ${port}
interactive_port ${interactivePort}
rrd_rootdir "${join(directory, 'rrds')}"
setuid off
write_rrds off
case_sensitive_hostnames 1
trusted_hosts 127.0.0.1
`,
  )
  const { child, output } = spawnKept(gmetadProgram, ['-c', file, '-d', '1'], { PATH: process.env.PATH })
  await listening(port, child, output)
  return { port, interactivePort, stop: () => stopProcess(child) }
}
