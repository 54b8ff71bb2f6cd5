/** On-call rotations: who is on call when. Pure; hand-overs are by the wall clock of the rota's zone, also when it is changed. */
import { edgesOf, type TimePeriod, within } from './time-period.ts'
import { instantOf, wallTime } from './wall-clock.ts'

/** People who take turns. Before the first turn and outside of its period nobody of it is on call. */
export interface RotaLayer {
  name: string
  /** Names of contacts, in the order of their turns. */
  members: readonly string[]
  /** The wall clock's reading at which the first turn begins, as if it were UTC; epoch ms. */
  begins: number
  /** How long a turn lasts by the wall clock, ms: a week with a change of the clock has 167 or 169 hours. */
  turnMs: number
  /** The wall clock's reading at which the layer ends; null = never. */
  ends: number | null
  /** On call only inside; null = always. */
  period: TimePeriod | null
}

export interface Rota {
  name: string
  zone: string
  /** A later one goes before an earlier one, where it has somebody. */
  layers: readonly RotaLayer[]
}

/** "Anna for Bruno, 3 to 5 December". Times are epoch ms; `to` is exclusive. */
export interface Override {
  id: string
  rota: string
  /** Who is on call instead. */
  who: string
  /** Only where this one would be; null = whoever it is. */
  instead: string | null
  from: number
  to: number
  /** Who entered it: an account, or "configuration". */
  by: string
  comment: string
}

/** A stretch with the same person on call; null = nobody. [from, to), epoch ms. */
export interface Shift {
  from: number
  to: number
  who: string | null
  /** The override that put them there. */
  override: Override | null
}

/** When turn number `index` of a layer begins. */
const turnStart = (zone: string, { begins, turnMs }: RotaLayer, index: number) => instantOf(zone, begins + index * turnMs)

/** Number of the layer's turn at an instant; negative before the first. */
function turnAt(zone: string, layer: RotaLayer, at: number): number {
  let index = Math.floor((wallTime(zone, at) - layer.begins) / layer.turnMs)
  // where the clock is set back the same reading comes twice: the instants of the hand-overs decide
  while (turnStart(zone, layer, index + 1) <= at) index++
  while (turnStart(zone, layer, index) > at) index--
  return index
}

function memberAt(zone: string, layer: RotaLayer, at: number): string | null {
  if (layer.ends !== null && at >= instantOf(zone, layer.ends)) return null
  const turn = turnAt(zone, layer, at)
  if (turn < 0 || layer.members.length === 0) return null
  // a period holds its last second; a shift ends where the next begins
  if (layer.period && !(within(layer.period, at) && within(layer.period, at + 1000))) return null
  return layer.members[turn % layer.members.length] ?? null
}

/** Who is on call. Of several overrides that fit the last one counts. */
export function onCallAt({ zone, layers }: Rota, overrides: readonly Override[], at: number): Omit<Shift, 'from' | 'to'> {
  const planned = layers.map((layer) => memberAt(zone, layer, at)).findLast((who) => who !== null) ?? null
  const override = overrides.findLast(
    ({ from, to, instead }) => from <= at && at < to && (instead === null || instead === planned),
  )
  return override ? { who: override.who, override } : { who: planned, override: null }
}

/** The shifts of [from, to), without a gap between them; `overrides` are those of this rota. */
export function shiftsOf(rota: Rota, overrides: readonly Override[], from: number, to: number): Shift[] {
  const edges = new Set([from])
  const add = (at: number) => {
    if (at > from && at < to) edges.add(at)
  }
  for (const layer of rota.layers) {
    const first = Math.max(0, turnAt(rota.zone, layer, from))
    for (let index = first; ; index++) {
      const at = turnStart(rota.zone, layer, index)
      if (at >= to) break
      add(at)
    }
    if (layer.ends !== null) add(instantOf(rota.zone, layer.ends))
    if (layer.period) for (const at of edgesOf(layer.period, from, to)) add(at)
  }
  for (const override of overrides) for (const at of [override.from, override.to]) add(at)
  const sorted = [...edges].sort((a, b) => a - b)
  const shifts: Shift[] = []
  for (const [index, at] of sorted.entries()) {
    const found = onCallAt(rota, overrides, at)
    const last = shifts.at(-1)
    const end = sorted[index + 1] ?? to
    if (last && last.who === found.who && last.override?.id === found.override?.id) last.to = end
    else shifts.push({ from: at, to: end, ...found })
  }
  return shifts
}
