/** A demo guest: what is told of it, and the counters that its load adds up to. */
import type { Named } from '../../model/resource.ts'
import { cellMs, type DemoProfile, type DemoShape, failingAt, hash, loadOf } from './profile.ts'
import type { Rates, RecordedCell } from './recorded-load.ts'

export interface DemoDomain {
  uuid: string
  /** libvirt's name: instance-0000017a. */
  domain: string
  profile: DemoProfile
  nova: {
    name: string
    flavor: { name: string; vcpus: number; memoryMb: number; diskGb: number }
    project: Named
    user: Named
    image: string | null
    /** Epoch ms. */
    createdAt: number
    addresses: readonly string[]
  }
  /** Default: running. */
  power?: DemoPower
}

export type DemoPower = 'running' | 'paused' | 'stopped'

/** Counters and gauges of one guest at one instant. */
export interface DemoCounters {
  /** libvirt's domain id; -1 while it does not run. */
  id: number
  power: DemoPower
  crashed: boolean
  counters: Rates
  memoryUsed: number
}

const zero: Rates = {
  hostCpuNs: 0,
  vcpuNs: 0,
  delayNs: 0,
  rxBytes: 0,
  rxPackets: 0,
  txBytes: 0,
  txPackets: 0,
  readOps: 0,
  readBytes: 0,
  readNs: 0,
  writeOps: 0,
  writeBytes: 0,
  writeNs: 0,
  flushOps: 0,
  flushNs: 0,
  minorFaults: 0,
}

const counterNames = Object.keys(zero) as (keyof Rates)[]

/** A change of a guest's life by itself; manual ones are told by whoever makes them. */
export type DemoTransition = 'crashed' | 'started'

/**
 * Integrates load into counters, cell by cell. Within a cell all rates are constant, so the counters of any instant are
 * exact and do not depend on how often they were looked at.
 */
export class DemoLife {
  readonly shape: DemoShape
  domain: DemoDomain
  readonly #recorded: readonly RecordedCell[][]
  #power: DemoPower
  #counters: Rates = { ...zero }
  #rates: Rates = zero
  #memoryUsed = 0
  /** Where `#counters` stands, epoch ms. */
  #at: number
  #starts = 0
  readonly #index: number

  constructor(domain: DemoDomain, index: number, seed: string, recorded: readonly RecordedCell[][], at: number) {
    this.domain = domain
    this.shape = { profile: domain.profile, vcpus: domain.nova.flavor.vcpus, key: hash(`${seed} ${domain.uuid}`) }
    this.#index = index
    this.#recorded = recorded
    this.#power = domain.power ?? 'running'
    this.#at = at
  }

  get power(): DemoPower {
    return this.down ? 'stopped' : this.#power
  }

  /** A failing guest between crash and restart. */
  get down(): boolean {
    return this.#power === 'running' && this.#failing(this.#at)?.down === true
  }

  get id(): number {
    if (this.power === 'stopped') return -1
    // unique per guest and life, the same whenever the demo is started
    return 1 + this.#index + 1000 * ((this.#failing(this.#at)?.life ?? 0) % 1000) + 1_000_000 * this.#starts
  }

  /** What it takes of the host in the current cell, ns per second. */
  get hostCpuRate(): number {
    return this.#rates.hostCpuNs
  }

  /** Computes what happens from where it stands to the end of its cell. */
  enterCell(neighbours: number): void {
    const cell = Math.floor(this.#at / cellMs)
    const load = loadOf(this.#recorded, this.shape, cell, neighbours)
    this.#memoryUsed = load.memoryUsed
    this.#rates = this.power === 'running' ? load.rates : zero
  }

  /** Moves on to `to`, at most the end of the cell; answers with what happened by itself at that boundary. */
  moveTo(to: number): DemoTransition | null {
    const before = this.#failing(this.#at)
    this.#counters = this.#at === to ? this.#counters : this.at(to).counters
    this.#at = to
    const now = this.#failing(to)
    if (!before || !now || before.down === now.down || this.#power !== 'running') return null
    this.#counters = { ...zero }
    return now.down ? 'crashed' : 'started'
  }

  /** Changes the power state; a start begins a new life with new counters. */
  set(power: DemoPower): void {
    if (this.#power === 'stopped' && power !== 'stopped') {
      this.#starts++
      this.#counters = { ...zero }
    }
    this.#power = power
  }

  /** The counters at an instant of the current cell. */
  at(time: number): DemoCounters {
    const seconds = (time - this.#at) / 1000
    const counters = { ...zero }
    for (const name of counterNames) counters[name] = this.#counters[name] + this.#rates[name] * seconds
    return { id: this.id, power: this.power, crashed: this.down, counters, memoryUsed: this.#memoryUsed }
  }

  #failing(at: number) {
    return this.shape.profile === 'failing' ? failingAt(this.shape.key, Math.floor(at / cellMs)) : null
  }
}
