/** The demo's physical machine: its guests, its own CPU time, and what happens to them as time passes. */
import { AppError } from '../../model/contract.ts'
import type { DomainEvent } from '../libvirt/domain-events.ts'
import { type DemoCounters, type DemoDomain, DemoLife, type DemoPower } from './domain.ts'
import { busyness, cellMs } from './profile.ts'
import { type RecordedCell, recordedLoad } from './recorded-load.ts'

/** What may be changed about a guest while the demo runs. */
export interface DemoChange {
  power?: DemoPower
  nova?: Partial<DemoDomain['nova']>
}

export interface HostModelOptions {
  domains: readonly DemoDomain[]
  seed: string
  cpus: number
  /** Where all counters begin, epoch ms. */
  origin: number
}

/** CPU time of the host in ns since the origin, all CPUs together. */
export interface HostCpu {
  kernel: number
  user: number
  idle: number
  iowait: number
}

/** Deterministic: the same options and the same changes at the same times give the same numbers at every time. */
export class HostModel {
  readonly #lives = new Map<string, DemoLife>()
  readonly #recorded: readonly RecordedCell[][]
  readonly #seed: string
  readonly #cpus: number
  #at: number
  #added = 0
  #cpu: HostCpu = { kernel: 0, user: 0, idle: 0, iowait: 0 }
  /** Of the current cell, ns per second. */
  #cpuRate: HostCpu = { kernel: 0, user: 0, idle: 0, iowait: 0 }
  #happened: DomainEvent[] = []

  constructor(options: HostModelOptions) {
    this.#recorded = recordedLoad()
    this.#seed = options.seed
    this.#cpus = options.cpus
    this.#at = options.origin
    for (const domain of options.domains) this.#put(domain)
    this.#enterCell()
  }

  /** Moves on to `now` (never back) and answers with what happened on the way, in order. */
  advance(now: number): DomainEvent[] {
    for (let end = this.#cellEnd(); end <= now; end = this.#cellEnd()) {
      this.#moveTo(end)
      this.#enterCell()
    }
    return this.#happened.splice(0)
  }

  /** When something will next happen by itself at the earliest: the end of the current cell. */
  get nextBoundary(): number {
    return this.#cellEnd()
  }

  /** All guests, at `now`. */
  domains(now: number): { domain: DemoDomain; counters: DemoCounters }[] {
    return [...this.#lives.values()].map((life) => ({ domain: life.domain, counters: life.at(Math.max(now, this.#at)) }))
  }

  hostCpu(now: number): HostCpu {
    const seconds = Math.max(0, now - this.#at) / 1000
    const at = (part: keyof HostCpu) => this.#cpu[part] + this.#cpuRate[part] * seconds
    return { kernel: at('kernel'), user: at('user'), idle: at('idle'), iowait: at('iowait') }
  }

  /** Changes a guest as its owner or an administrator would; the events come with the next `advance`. */
  set(uuid: string, change: DemoChange, now: number): void {
    const life = this.#lives.get(uuid)
    if (!life) throw new AppError('not-found', `no demo instance ${uuid}`)
    this.#interrupt(now)
    if (change.nova) life.domain = { ...life.domain, nova: { ...life.domain.nova, ...change.nova } }
    if (change.power && change.power !== life.power) {
      const from = life.power
      const ref = { name: life.domain.domain, uuid, id: life.id }
      life.set(change.power)
      const told = manualEvents[`${from}>${change.power}`]
      for (const [kind, reason] of told ?? []) this.#happened.push({ kind, reason, domain: { ...ref, id: life.id } })
    }
    this.#enterCell()
  }

  add(domain: DemoDomain, now: number): void {
    this.#interrupt(now)
    this.#put(domain)
    this.#happened.push({ kind: 'defined', reason: 'added', domain: this.#ref(domain.uuid) })
    if (this.#lives.get(domain.uuid)?.power !== 'stopped')
      this.#happened.push({ kind: 'started', reason: 'booted', domain: this.#ref(domain.uuid) })
    this.#enterCell()
  }

  remove(uuid: string, now: number): void {
    if (!this.#lives.has(uuid)) return
    this.set(uuid, { power: 'stopped' }, now)
    this.#happened.push({ kind: 'undefined', reason: 'removed', domain: this.#ref(uuid) })
    this.#lives.delete(uuid)
  }

  #put(domain: DemoDomain): void {
    this.#lives.set(domain.uuid, new DemoLife(domain, this.#added++, this.#seed, this.#recorded, this.#at))
  }

  #ref(uuid: string) {
    const life = this.#lives.get(uuid)
    return { name: life?.domain.domain ?? '', uuid, id: life?.id ?? -1 }
  }

  #cellEnd(): number {
    return (Math.floor(this.#at / cellMs) + 1) * cellMs
  }

  /** A change in the middle of a cell: what was so far is added up, the rest of the cell is computed anew. */
  #interrupt(now: number): void {
    this.#happened.push(...this.advance(now))
    if (now > this.#at) this.#moveTo(now)
  }

  #moveTo(to: number): void {
    this.#cpu = this.hostCpu(to)
    for (const [uuid, life] of this.#lives) {
      const happened = life.moveTo(to)
      if (happened === 'started') this.#happened.push({ kind: 'started', reason: 'booted', domain: this.#ref(uuid) })
      if (happened === 'crashed') {
        this.#happened.push({ kind: 'crashed', reason: 'panicked', domain: this.#ref(uuid) })
        this.#happened.push({ kind: 'stopped', reason: 'crashed', domain: this.#ref(uuid) })
      }
    }
    this.#at = to
  }

  #enterCell(): void {
    const cell = Math.floor(this.#at / cellMs)
    const lives = [...this.#lives.values()]
    const busy = lives.map(({ shape, power }) =>
      shape.profile === 'busy' && power === 'running' ? busyness(shape.key, cell) : 0,
    )
    const neighbours = Math.max(0, ...busy)
    for (const life of lives) life.enterCell(neighbours)
    const used = lives.reduce((sum, life) => sum + life.hostCpuRate, 0) / 1e9
    const working = Math.min(this.#cpus * 0.97, used + 0.08 * this.#cpus)
    const waiting = Math.min(this.#cpus - working, 0.004 * this.#cpus + 0.02 * used)
    this.#cpuRate = {
      kernel: working * 0.2 * 1e9,
      user: working * 0.8 * 1e9,
      iowait: waiting * 1e9,
      idle: (this.#cpus - working - waiting) * 1e9,
    }
  }
}

const manualEvents: Readonly<Record<string, readonly (readonly [DomainEvent['kind'], string])[]>> = {
  'running>paused': [['suspended', 'paused']],
  'paused>running': [['resumed', 'unpaused']],
  'running>stopped': [['stopped', 'shut down']],
  'paused>stopped': [['stopped', 'destroyed']],
  'stopped>running': [['started', 'booted']],
  'stopped>paused': [
    ['started', 'booted'],
    ['suspended', 'paused'],
  ],
}
