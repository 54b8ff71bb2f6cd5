/** The recorded statistics of four real guests, as rates per second of ten-second cells: what the demo's guests are made of. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Per second of real time. */
export interface Rates {
  hostCpuNs: number
  vcpuNs: number
  delayNs: number
  rxBytes: number
  rxPackets: number
  txBytes: number
  txPackets: number
  readOps: number
  readBytes: number
  readNs: number
  writeOps: number
  writeBytes: number
  writeNs: number
  flushOps: number
  flushNs: number
  minorFaults: number
}

/** A stretch of ten seconds of one recorded guest. */
export interface RecordedCell {
  rates: Rates
  /** Of the memory that the guest sees, 0 to 1. */
  memoryUsed: number
}

const fields: Readonly<Record<keyof Rates, string>> = {
  hostCpuNs: 'cpu.time',
  vcpuNs: 'vcpu.0.time',
  delayNs: 'vcpu.0.delay',
  rxBytes: 'net.0.rx.bytes',
  rxPackets: 'net.0.rx.pkts',
  txBytes: 'net.0.tx.bytes',
  txPackets: 'net.0.tx.pkts',
  readOps: 'block.0.rd.reqs',
  readBytes: 'block.0.rd.bytes',
  readNs: 'block.0.rd.times',
  writeOps: 'block.0.wr.reqs',
  writeBytes: 'block.0.wr.bytes',
  writeNs: 'block.0.wr.times',
  flushOps: 'block.0.fl.reqs',
  flushNs: 'block.0.fl.times',
  minorFaults: 'balloon.minor_fault',
}

type Reading = ReadonlyMap<string, number>

/** One list of cells per recorded guest, all of the same length. */
export function recordedLoad(): RecordedCell[][] {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, 'recording', 'domstats.txt.gz'))).toString('utf8')
  return [...parse(text).values()].map((readings) =>
    readings.slice(1).map(({ time, values }, i) => cell(readings[i] as Timed, { time, values })),
  )
}

interface Timed {
  time: number
  values: Reading
}

/** `# 20261122T155644.743Z` begins a reading of all guests, `Domain: 'NAME'` one guest's, `field=value` follow. */
function parse(text: string): Map<string, Timed[]> {
  const guests = new Map<string, Timed[]>()
  let time = 0
  let values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const stamp = /^# (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d+)Z$/.exec(line)
    const guest = /^Domain: '(.+)'$/.exec(line)?.[1]
    if (stamp) time = Date.parse(`${stamp[1]}-${stamp[2]}-${stamp[3]}T${stamp[4]}:${stamp[5]}:${stamp[6]}Z`)
    else if (guest !== undefined) {
      values = new Map()
      const readings = guests.get(guest) ?? []
      readings.push({ time, values })
      guests.set(guest, readings)
    } else {
      const [field, value] = line.trim().split('=')
      if (field && value && Number.isFinite(Number(value))) values.set(field, Number(value))
    }
  }
  return guests
}

function cell(before: Timed, now: Timed): RecordedCell {
  const seconds = (now.time - before.time) / 1000
  const value = (field: string, at = now) => at.values.get(field) ?? 0
  const rate = (field: string) => Math.max(0, value(field) - value(field, before)) / seconds
  const rates = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, rate(field)])) as unknown as Rates
  return { rates, memoryUsed: 1 - value('balloon.usable') / value('balloon.available') }
}
