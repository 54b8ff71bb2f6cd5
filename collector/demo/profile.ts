/**
 * What a demo guest does in a cell of ten seconds: recorded load, chosen, scaled and bent by its profile and the hour. All
 * of it is a pure function of seed, guest and time, so that the demo's past and present are one story.
 */
import type { Rates, RecordedCell } from './recorded-load.ts'

/**
 * steady: the recorded load, by day more than by night. idle: almost nothing. busy: hours of full CPU, taken from its
 * neighbours. victim: waits for the CPU whenever a busy one works. failing: its memory fills up until it crashes.
 */
export type DemoProfile = 'steady' | 'idle' | 'busy' | 'victim' | 'failing'

/** Length of a cell, ms; cells are counted from the epoch. */
export const cellMs = 10_000

export interface DemoShape {
  profile: DemoProfile
  vcpus: number
  /** From `hash`: makes guests of one profile differ. */
  key: number
}

/** 32 bits out of any text. */
export function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** 0 ≤ chance < 1, the same for the same arguments. */
export function chance(key: number, n: number): number {
  let h = Math.imul(key ^ Math.imul(n + 1, 0x9e3779b1), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

/** How much people ask of the cloud at this time: least in the small hours, most in the afternoon (of central Europe). */
export function demand(cell: number): number {
  const hour = ((cell * cellMs) / 3_600_000 + 1) % 24
  return 0.45 + 0.275 * (1 + Math.cos(((hour - 15) / 12) * Math.PI))
}

const cellsPerSpell = 120

/** Is the busy guest at it? 0 to 1: spells of twenty minutes, with a slope of a minute at each end. */
export function busyness(key: number, cell: number): number {
  const spell = Math.floor(cell / cellsPerSpell)
  const works = (n: number) => (chance(key, n) < 0.7 ? 1 : 0)
  const slope = Math.min(1, ((cell % cellsPerSpell) + 1) / 6)
  return works(spell - 1) + (works(spell) - works(spell - 1)) * slope
}

const downCells = 18

/** Where a failing guest stands: which of its lives, how far through it (0 to 1), and whether it is down. */
export function failingAt(key: number, cell: number): { life: number; progress: number; down: boolean } {
  const upCells = 112 + Math.floor(chance(key, 1) * 16)
  const position = cell + Math.floor(chance(key, 2) * (upCells + downCells))
  const life = Math.floor(position / (upCells + downCells))
  const within = position - life * (upCells + downCells)
  return { life, progress: Math.min(1, within / upCells), down: within >= upCells }
}

export interface CellLoad {
  rates: Rates
  memoryUsed: number
}

/** `neighbours`: the busyness of the busiest guest on the same host. */
export function loadOf(recorded: readonly RecordedCell[][], shape: DemoShape, cell: number, neighbours: number): CellLoad {
  const { key, vcpus, profile } = shape
  const { rates, memoryUsed } = recordedCell(recorded, key, cell)
  const lively = livelinessOf(shape, cell)
  const cpu = Math.min(0.97, cpuShare(shape, cell, rates.vcpuNs / 1e9, neighbours))
  const steal = Math.min(0.98 - cpu, stealShare(shape, cell, rates.delayNs / 1e9, neighbours))
  const disk = lively * (0.5 + 4 * chance(key, 3))
  const net = lively * (1 + 40 * chance(key, 4) ** 2)
  const slower = profile === 'victim' ? 1 + 4 * neighbours : 1
  return {
    memoryUsed: memoryShare(shape, cell, memoryUsed),
    rates: {
      hostCpuNs: (cpu * vcpus + 0.01 + 0.02 * lively) * 1e9,
      vcpuNs: cpu * vcpus * 1e9,
      delayNs: steal * vcpus * 1e9,
      rxBytes: rates.rxBytes * net,
      rxPackets: rates.rxPackets * net,
      txBytes: rates.txBytes * net,
      txPackets: rates.txPackets * net,
      readOps: rates.readOps * disk,
      readBytes: rates.readBytes * disk,
      readNs: rates.readNs * disk * slower,
      writeOps: rates.writeOps * disk,
      writeBytes: rates.writeBytes * disk,
      writeNs: rates.writeNs * disk * slower,
      flushOps: rates.flushOps * disk,
      flushNs: rates.flushNs * disk * slower,
      minorFaults: rates.minorFaults * lively,
    },
  }
}

/** Each pass through the recording takes another of the recorded guests, from another place: no two guests beat in time. */
function recordedCell(recorded: readonly RecordedCell[][], key: number, cell: number): RecordedCell {
  const length = recorded[0]?.length ?? 1
  const position = cell + Math.floor(chance(key, 5) * length)
  const guest = recorded[Math.floor(chance(key, 100 + Math.floor(position / length)) * recorded.length)]
  const found = guest?.[position % length]
  if (!found) throw new RangeError('the recording holds no load')
  return found
}

function livelinessOf({ profile, key }: DemoShape, cell: number): number {
  const own = 0.6 + 0.9 * chance(key, 6)
  if (profile === 'idle') return 0.04 * own
  return own * demand(cell)
}

function cpuShare(shape: DemoShape, cell: number, recorded: number, neighbours: number): number {
  const flicker = chance(shape.key, cell)
  const usual = recorded * livelinessOf(shape, cell) * 1.3
  switch (shape.profile) {
    case 'busy':
      return Math.max(usual, (0.88 + 0.08 * flicker) * busyness(shape.key, cell))
    case 'victim':
      return (0.3 + usual) * (1 - 0.45 * neighbours)
    case 'failing':
      return usual + 0.3 * failingAt(shape.key, cell).progress ** 4
    default:
      return usual + 0.01
  }
}

function stealShare(shape: DemoShape, cell: number, recorded: number, neighbours: number): number {
  const flicker = chance(shape.key, cell + 0x40000000)
  const usual = recorded * 0.08 + 0.004 * flicker
  return shape.profile === 'victim' ? usual + neighbours * (0.22 + 0.16 * flicker) : usual + neighbours * 0.01
}

function memoryShare(shape: DemoShape, cell: number, recorded: number): number {
  const own = 0.2 + 0.45 * chance(shape.key, 7)
  const drift = 0.06 * Math.sin((cell / 1700 + chance(shape.key, 8)) * 2 * Math.PI)
  if (shape.profile === 'failing') return 0.35 + 0.62 * failingAt(shape.key, cell).progress
  if (shape.profile === 'idle') return own * 0.5 + (recorded - 0.2) * 0.1
  return own + drift + (recorded - 0.2) * 0.4
}
