import { domainFact } from '../collector/libvirt/lifecycle.ts'
import { openHypervisor } from '../collector/libvirt/open-hypervisor.ts'
import { readOnce, type SingleReading } from '../collector/libvirt/reading.ts'
import { type LibvirtConnection, libvirtSection } from '../collector/libvirt/section.ts'
import { domainStates, isActive } from '../collector/libvirt/stats.ts'
import { systemClock } from '../model/clock.ts'
import { AppError, type Logger } from '../model/contract.ts'
import { readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { printable } from './printable.ts'
import { tableText } from './rows-as-text.ts'

export const command: Command = {
  name: 'libvirt',
  summary: 'read a hypervisor once, or follow its events',
  usage: `usage: specola libvirt URI [--json] [--watch] [--timeout 5s]

URI is what the config takes: qemu:///system, qemu+unix:///system?socket=/path, qemu+tls://host/system, qemu+ssh://host/system.
Prints a line per domain with its counters (a table, or JSON lines with --json). --watch prints events as they come, until
it is interrupted. Nothing is changed on the hypervisor. Exit code 1 when a QEMU did not answer or the connection was lost.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, watch: { type: 'boolean' }, timeout: { type: 'string' } },
    })
    const [uri, ...more] = positionals
    if (uri === undefined || more.length > 0) throw new AppError('usage', 'which hypervisor? (one URI)')
    const config = connectionOf(uri, values.timeout)
    if (values.watch) return watch(config, io, values.json === true)
    const { hypervisor, domains } = await readOnce(config, { clock: systemClock, logger: complaints(io) })
    if (values.json) for (const domain of domains) io.out(JSON.stringify(jsonOf(hypervisor.host, domain)))
    else printTable(domains, io)
    const silent = domains.filter(({ stats, answered }) => isActive(stats) && !answered)
    if (hypervisor.driver !== 'QEMU' || silent.length === 0) return 0
    io.err(`QEMU not answering: ${silent.map(({ stats }) => stats.domain.name).join(', ')}`)
    return 1
  },
}

function connectionOf(uri: string, timeout: string | undefined): LibvirtConnection {
  const parsed = libvirtSection.safeParse([{ uri, ...(timeout === undefined ? {} : { timeout }) }])
  const config = parsed.data?.[0]
  if (!config) throw new AppError('usage', parsed.error?.issues.map(({ message }) => message).join('\n') ?? `${uri}: not usable`)
  return config
}

/** Logs go to stderr; only what a person should know. */
function complaints(io: CommandIo): Logger {
  const logger: Logger = { debug: () => {}, info: () => {}, warn: io.err, error: io.err, child: () => logger }
  return logger
}

async function watch(config: LibvirtConnection, io: CommandIo, json: boolean): Promise<number> {
  const { client, host } = await openHypervisor(config, systemClock)
  return new Promise((resolve) => {
    const interrupted = () => {
      client.close()
      resolve(0)
    }
    process.once('SIGINT', interrupted)
    process.once('SIGTERM', interrupted)
    client.onClose((reason) => {
      io.err(`${config.uri}: ${reason.message}`)
      resolve(1)
    })
    client.onEvent((event) => {
      const fact = domainFact(event, { host, time: systemClock.now(), project: null, user: null, name: null })
      const { name, uuid } = event.domain
      io.out(
        json
          ? JSON.stringify(fact)
          : `${new Date(fact.time).toISOString()} ${fact.type} ${printable(name)} ${uuid} ${event.reason}`,
      )
    })
  })
}

function jsonOf(host: string, { stats, facts, answered }: SingleReading) {
  const { domain, ...counters } = stats
  return {
    host,
    ...domain,
    instance: facts?.nova ?? null,
    answered,
    ...counters,
    xml: facts && { nics: facts.nics, disks: facts.disks },
  }
}

const stateNames = new Map<number | null, string>(Object.entries(domainStates).map(([name, code]) => [code, name]))

function printTable(domains: readonly SingleReading[], io: CommandIo): void {
  const rows = domains.map(({ stats, facts }) => [
    stats.domain.name,
    facts?.nova?.name ?? '',
    stateNames.get(stats.state) ?? '?',
    count(stats.vcpusCurrent),
    count(stats.cpuNs, 1e9),
    count(stats.balloon.rssKib, 1024),
    total(stats.disks.map(({ readBytes }) => readBytes)),
    total(stats.disks.map(({ writeBytes }) => writeBytes)),
    total(stats.nics.map(({ rxBytes }) => rxBytes)),
    total(stats.nics.map(({ txBytes }) => txBytes)),
  ])
  const head = ['DOMAIN', 'NAME', 'STATE', 'VCPUS', 'CPU s', 'RSS MiB', 'READ MiB', 'WRITE MiB', 'RX MiB', 'TX MiB']
  const numbers = head.map((_title, column) => column >= 3)
  io.out(tableText(head, rows, numbers))
}

const count = (value: number | null, unit = 1) => (value === null ? '-' : (value / unit).toFixed(unit === 1 ? 0 : 1))

const total = (values: readonly (number | null)[]) =>
  values.length === 0
    ? '-'
    : count(
        values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
        2 ** 20,
      )
