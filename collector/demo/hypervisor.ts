/** A hypervisor that is not there: answers libvirt's RPC on a unix socket, with recorded load in place of guests. */
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import { allDomainStats, type DomainRef, readDomain, writeDomain, writeParams } from '../libvirt/procedures.ts'
import type { XdrWriter } from '../libvirt/xdr.ts'
import type { DemoDomain } from './domain.ts'
import { demoParams, demoXml } from './domain-answers.ts'
import { demoCells, hostAnswers } from './host-answers.ts'
import { type DemoChange, HostModel } from './host-model.ts'
import { type Answer, serveRpc } from './rpc-server.ts'

export interface DemoHypervisorOptions {
  socketPath: string
  /** Nova's name of the host; also what the daemon says its own name is. */
  host: string
  domains: readonly DemoDomain[]
  clock: Clock
  /** Default: the host's name. */
  seed?: string
  /** Where all counters begin, epoch ms; default now. Two demos with the same origin, seed and domains tell the same story. */
  origin?: number
  /** Default 32. */
  cpus?: number
  /** Default 128. */
  memoryGib?: number
}

export interface DemoHypervisor {
  /** What a collector is told: `qemu+unix:///system?socket=…`. */
  readonly uri: string
  set(uuid: string, change: DemoChange): void
  add(domain: DemoDomain): void
  remove(uuid: string): void
  /** What is on it now. */
  domains(): readonly DemoDomain[]
  close(): Promise<void>
}

/** Starts one on a unix socket; as many as wanted can run in one process. */
export async function startDemoHypervisor(options: DemoHypervisorOptions): Promise<DemoHypervisor> {
  const { clock, host } = options
  const now = () => clock.now()
  const cpus = options.cpus ?? 32
  const origin = options.origin ?? now()
  const model = new HostModel({ domains: options.domains, seed: options.seed ?? host, cpus, origin })
  const advance = () => {
    for (const event of model.advance(now())) server.emit(event)
  }
  const answers = answersOf(model, { host, cpus, memoryKib: (options.memoryGib ?? 128) * 2 ** 20, now })
  // Time passes before each answer, so that what happened meanwhile is told first.
  const timely = [...answers].map(([procedure, answer]): [number, Answer] => [
    procedure,
    (args, reply) => {
      advance()
      answer(args, reply)
    },
  ])
  const server = await serveRpc(options.socketPath, new Map(timely))
  const stop = new AbortController()
  const pump = passTime(clock, stop.signal, () => {
    advance()
    return model.nextBoundary
  })
  const changing = (change: () => void) => {
    change()
    advance()
  }
  return {
    uri: `qemu+unix:///system?socket=${options.socketPath}`,
    set: (uuid, change) => changing(() => model.set(uuid, change, now())),
    add: (domain) => changing(() => model.add(domain, now())),
    remove: (uuid) => changing(() => model.remove(uuid, now())),
    domains: () => model.domains(now()).map(({ domain }) => domain),
    async close() {
      stop.abort()
      await pump
      await server.close()
    },
  }
}

/** Crashes and restarts are told when they are due, also when nobody asks. */
async function passTime(clock: Clock, signal: AbortSignal, advance: () => number): Promise<void> {
  while (!signal.aborted) {
    const next = advance()
    await clock.sleep(Math.max(1, next - clock.now()), signal).catch(() => undefined) // rejects only because we shall stop
  }
}

interface Machine {
  host: string
  cpus: number
  memoryKib: number
  now(): number
}

function answersOf(model: HostModel, machine: Machine): ReadonlyMap<number, Answer> {
  const refs = () =>
    model
      .domains(machine.now())
      .map(({ domain, counters }): DomainRef => ({ name: domain.domain, uuid: domain.uuid, id: counters.id }))
  return new Map<number, Answer>([
    [66, (_, reply) => reply.list([0], (type) => reply.int(type))],
    [60, (_, reply) => reply.int(1)],
    [1, () => undefined],
    [3, (_, reply) => reply.string('QEMU')],
    [4, (_, reply) => reply.hyper(7_002_022)],
    [157, (_, reply) => reply.hyper(9_000_000)],
    [59, (_, reply) => reply.string(machine.host)],
    [6, (_, reply) => writeNodeInfo(reply, machine)],
    [227, (args, reply) => writeNodeCpu(args.int() + args.int(), reply, model, machine)],
    [228, (args, reply) => writeNodeMemory(args.int(), args.int(), reply, model, machine)],
    [273, (_, reply) => reply.list(refs(), (ref) => writeDomain(reply, ref)).uint(refs().length)],
    [
      14,
      (args, reply) => {
        const { uuid } = readDomain(args)
        const found = model.domains(machine.now()).find(({ domain }) => domain.uuid === uuid)
        if (!found) throw new AppError('not-found', `no domain with matching uuid '${uuid}'`)
        reply.string(demoXml(found.domain, found.counters.id))
      },
    ],
    [allDomainStats.number, (args, reply) => writeStats(args, reply, model, machine)],
    ...hostAnswers(model, machine),
  ])
}

const writeStats = (args: Parameters<Answer>[0], reply: XdrWriter, model: HostModel, { now }: Machine) => {
  const wanted = new Set(args.list(24, 16384, () => readDomain(args).uuid))
  const groups = args.uint()
  const time = now()
  const found = model.domains(time).filter(({ domain }) => wanted.size === 0 || wanted.has(domain.uuid))
  reply.list(found, ({ domain, counters }) => {
    writeDomain(reply, { name: domain.domain, uuid: domain.uuid, id: counters.id })
    writeParams(reply, demoParams(domain, counters, groups, time))
  })
}

function writeNodeInfo(reply: XdrWriter, { cpus, memoryKib }: Machine): void {
  const model = Buffer.alloc(32)
  model.write('x86_64')
  for (const char of model) reply.int(char)
  reply.hyper(memoryKib)
  for (const value of [cpus, 2600, 1, 1, cpus, 1]) reply.int(value) // cpus, MHz, nodes, sockets, cores, threads
}

/** `room` is -1 (all CPUs) plus the number of entries asked for. */
function writeNodeCpu(room: number, reply: XdrWriter, model: HostModel, { now }: Machine): void {
  const cpu = Object.entries(model.hostCpu(now()))
  writeNodeStats(reply, room + 1 === 0 ? [] : cpu, cpu.length)
}

/** Of all cells (-1) or of one: guests are spread over them evenly. */
function writeNodeMemory(room: number, cell: number, reply: XdrWriter, model: HostModel, { memoryKib, now }: Machine): void {
  const share = cell === -1 ? 1 : 1 / demoCells
  const guests = model
    .domains(now())
    .reduce((sum, { domain, counters }) => sum + (counters.id < 0 ? 0 : domain.nova.flavor.memoryMb * 1024 * 0.8), 0)
  const used = Math.min(memoryKib * 0.97, guests + memoryKib * 0.05)
  const free = memoryKib - used
  const stats: [string, number][] = [
    ['total', memoryKib],
    ['free', free * 0.7],
    ['buffers', free * 0.02],
    ['cached', free * 0.28],
  ]
  const mine = stats.map(([name, value]): [string, number] => [name, value * share])
  writeNodeStats(reply, room === 0 ? [] : mine, mine.length)
}

const writeNodeStats = (reply: XdrWriter, stats: readonly (readonly [string, number])[], count: number) =>
  reply.list(stats, ([name, value]) => reply.string(name).hyper(Math.round(value))).int(count)
