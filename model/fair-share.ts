/** How many slots an engine should own. Pure: each engine comes to the same answer by what all of them see. */
import { slots } from './slot.ts'

export interface Candidate {
  id: string
  /** How many checks it knows of. */
  known: number
}

/** Engines that know of far fewer checks than another take none: their inventory is not there yet. */
const tolerance = { share: 0.9, count: 10 }

export const isReady = ({ known }: Candidate, living: readonly Candidate[]) =>
  known >= Math.max(...living.map((one) => one.known)) * tolerance.share - tolerance.count

/** `living` holds `me`. The first ones by id get one more where it does not come out even. */
export function fairShare(me: string, living: readonly Candidate[]): number {
  const ready = living.filter((one) => isReady(one, living)).map(({ id }) => id)
  const place = ready.sort().indexOf(me)
  if (place < 0) return 0
  return Math.floor(slots / ready.length) + (place < slots % ready.length ? 1 : 0)
}
