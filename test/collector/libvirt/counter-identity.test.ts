/**
 * Whole lives of an instance, made up: it is polled, reset, stopped and started, migrated, renamed; disks, interfaces and vCPUs
 * are plugged and unplugged; the daemon is restarted and gives the same ids again. Nothing in it is ever faster than its
 * device: so no rate may be.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { domainRates, networkRates, type Reading } from '../../../collector/libvirt/rates.ts'
import { domainStats } from '../../../collector/libvirt/stats.ts'

/** What a second can bring at the most. */
const fastest = { bytes: 1e9, requests: 1e5, packets: 1e6, faults: 1e4, swapKib: 1e5 }

type Step =
  | { kind: 'poll'; seconds: number; busy: number }
  | { kind: 'pass'; seconds: number; busy: number }
  | { kind: 'reset' | 'restart' | 'migrate' | 'rename' | 'daemon' }
  | { kind: 'replug'; device: number; into: 'disk' | 'nic' | 'vcpu' }
  | { kind: 'unplug'; device: number; into: 'disk' | 'nic' | 'vcpu' }

const span = { seconds: fc.double({ min: 0.01, max: 90, noNaN: true }), busy: fc.double({ min: 0, max: 1, noNaN: true }) }
const into = fc.constantFrom('disk' as const, 'nic' as const, 'vcpu' as const)
const device = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('poll' as const), ...span }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ...span }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('reset', 'restart', 'migrate', 'rename', 'daemon' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('replug', 'unplug' as const), device, into }) },
)

/** An instance and its counters, as the hypervisor keeps them. */
class Life {
  #seconds = 1000
  #id = 1
  #name = 'instance-1'
  #cpu = 0
  #report = { at: 0, faults: 0, swapKib: 0 }
  #faults = 0
  #swapKib = 0
  readonly #devices = { disk: new Map<number, number>(), nic: new Map<number, number>(), vcpu: new Map<number, number>() }

  constructor() {
    this.#start()
  }

  #start(): void {
    this.#cpu = 0
    for (const devices of Object.values(this.#devices)) {
      devices.clear()
      devices.set(0, 0).set(1, 0)
    }
    this.#boot()
  }

  /** The guest's own counters begin anew; libvirt repeats its last report until there is another. */
  #boot(): void {
    this.#faults = 0
    this.#swapKib = 0
  }

  /** `busy`: how much of what is possible happens. */
  pass(seconds: number, busy: number): void {
    this.#seconds += seconds
    const spent = seconds * busy
    for (const devices of Object.values(this.#devices)) for (const [n, done] of devices) devices.set(n, done + spent)
    this.#cpu += spent * Math.max(1, this.#devices.vcpu.size)
    this.#faults += spent * fastest.faults
    this.#swapKib += spent * fastest.swapKib
    if (this.#seconds - this.#report.at > 10)
      this.#report = { at: Math.floor(this.#seconds), faults: Math.floor(this.#faults), swapKib: Math.floor(this.#swapKib) }
  }

  apply(change: Exclude<Step, { kind: 'poll' | 'pass' }>): void {
    if (change.kind === 'reset') this.#boot()
    else if (change.kind === 'restart') {
      this.#id++
      this.#start()
    } else if (change.kind === 'migrate') {
      this.#id += 7
      this.#start()
    } else if (change.kind === 'daemon')
      this.#start() // stopped, the daemon restarted, started: under the same id again
    else if (change.kind === 'rename') this.#name += 'x'
    else if (change.kind === 'unplug') this.#devices[change.into].delete(change.device)
    else if (change.kind === 'replug') this.#devices[change.into].set(change.device, 0)
  }

  read(): Reading {
    const params = new Map<string, number | string>([
      ['state.state', 1],
      ['cpu.time', this.#cpu * 1e9],
      ['vcpu.current', this.#devices.vcpu.size],
      ['balloon.rss', 1],
      ['balloon.major_fault', this.#report.faults],
      ['balloon.swap_in', this.#report.swapKib],
      ['balloon.swap_out', 0],
      ['balloon.last-update', this.#report.at],
    ])
    for (const [n, spent] of this.#devices.vcpu)
      params.set(`vcpu.${n}.time`, Math.floor(spent * 1e9)).set(`vcpu.${n}.delay`, Math.floor(spent * 1e8))
    let index = 0
    for (const [n, spent] of this.#devices.disk) {
      const at = `block.${index++}`
      params.set(`${at}.name`, `vd${n}`)
      for (const way of ['rd', 'wr', 'fl']) params.set(`${at}.${way}.reqs`, Math.floor(spent * fastest.requests))
      for (const way of ['rd', 'wr']) params.set(`${at}.${way}.bytes`, Math.floor(spent * fastest.bytes))
      for (const way of ['rd', 'wr', 'fl']) params.set(`${at}.${way}.times`, Math.floor(spent * 1e9))
    }
    index = 0
    for (const [n, spent] of this.#devices.nic) {
      const at = `net.${index++}`
      params.set(`${at}.name`, `tap${n}`)
      for (const way of ['rx', 'tx'])
        for (const [field, most] of [
          ['bytes', fastest.bytes],
          ['pkts', fastest.packets],
          ['drop', fastest.packets],
          ['errs', fastest.packets],
        ] as const)
          params.set(`${at}.${way}.${field}`, Math.floor(spent * most))
    }
    const stats = domainStats({ domain: { name: this.#name, uuid: 'u', id: this.#id }, params })
    return { stats, at: this.#seconds * 1000, time: 1_800_000_000_000 + this.#seconds * 1000 }
  }
}

const ways = { disk: 3, nic: 3, vcpu: 3 }

function plausible(before: Reading | null, now: Reading): void {
  const rates = domainRates(before, now)
  const { nics, network } = networkRates(before, now)
  const within = (what: string, value: number | null, most: number) => {
    // counters are whole numbers: one more or less in half a second
    const slack = 4
    assert.ok(value === null || (value >= 0 && value <= most * 1.0001 + slack), `${what} = ${value}, at most ${most}`)
  }
  within('cpu', rates.cpuPercent, 100)
  within('steal', rates.stealPercent, 100)
  within('host cpu', rates.hostCpuPercent, 100 * ways.vcpu)
  within('major faults', rates.majorFaults, fastest.faults * 1.2)
  within('swap', rates.swapBytes, fastest.swapKib * 1024 * 1.2)
  for (const { cpuPercent, stealPercent } of rates.vcpus) {
    within('vcpu', cpuPercent, 100)
    within('vcpu steal', stealPercent, 100)
  }
  for (const [disk, count] of [...rates.disks.map((disk) => [disk, 1] as const), [rates.disk, ways.disk] as const]) {
    for (const field of ['readBytes', 'writeBytes'] as const) within(field, disk[field], fastest.bytes * count)
    for (const field of ['readOps', 'writeOps', 'flushOps'] as const) within(field, disk[field], fastest.requests * count)
    within('queue', disk.queue, 2 * count)
  }
  for (const [nic, count] of [...nics.map((nic) => [nic, 1] as const), [network, ways.nic] as const]) {
    for (const field of ['rxBytes', 'txBytes'] as const) within(field, nic[field], fastest.bytes * count)
    for (const field of ['rxPackets', 'txPackets', 'rxDrops', 'txDrops', 'rxErrors', 'txErrors'] as const)
      within(field, nic[field], fastest.packets * count)
    within('loss', nic.lossPercent, 100)
  }
}

describe('the counters of an instance, through restarts, migrations, resets, renames, plugs and unplugs', () => {
  it('never give a rate that its devices could not reach, nor a negative one', () => {
    let rates = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
        const life = new Life()
        let before: Reading | null = null
        for (const next of steps) {
          if (next.kind !== 'poll' && next.kind !== 'pass') {
            life.apply(next)
            continue
          }
          life.pass(next.seconds, next.busy)
          if (next.kind === 'pass') continue
          const now = life.read()
          plausible(before, now)
          if (domainRates(before, now).disk.readOps !== null) rates++
          before = now
        }
      }),
      { numRuns: 400 },
    )
    assert.ok(rates > 1000, `only ${rates} polls gave rates at all`)
  }).timeout(30_000)
})
