/**
 * Targets that not every engine knows of. A share of the checks belongs to one engine; a target in it that its owner does not know,
 * and another one does, is a stray: the owner lends it to one who knows it, and takes it back when it has known it for a while. Pure.
 */
import type { ResourceRef } from './event.ts'
import { slotOf, slots } from './slot.ts'

/** A target as one text, as a database keeps it. */
export const targetKey = ({ kind, id }: ResourceRef): string => `${kind}:${id}`.toWellFormed().replaceAll('\0', '\ufffd')

export function refOf(key: string): ResourceRef {
  const at = key.indexOf(':')
  return { kind: key.slice(0, at), id: key.slice(at + 1) }
}

/** What an engine knows of: the targets of each slot, and for each slot a fingerprint that is the same for the same targets. */
export interface Known {
  targets: readonly ReadonlySet<string>[]
  digests: readonly string[]
}

export function knownOf(targets: Iterable<ResourceRef>): Known {
  const sets = Array.from({ length: slots }, () => new Set<string>())
  for (const target of targets) (sets[slotOf(target)] as Set<string>).add(targetKey(target))
  return { targets: sets, digests: sets.map(digestOf) }
}

/** In any order: the sum of two hashes of each. */
function digestOf(keys: ReadonlySet<string>): string {
  let [low, high] = [0, 0]
  for (const key of keys) {
    low = (low + hashOf(key, 0x811c9dc5)) >>> 0
    high = (high + hashOf(key, 0x2f0b4a27)) >>> 0
  }
  return `${keys.size}.${low.toString(36)}.${high.toString(36)}`
}

function hashOf(text: string, seed: number): number {
  let hash = seed
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x5bd1e995) >>> 0
}

export interface StrayView {
  /** What the owner of the slot knows. */
  own: ReadonlySet<string>
  /** What other living engines know, by engine. */
  others: ReadonlyMap<string, ReadonlySet<string>>
  /** Target → the engine that it is lent to, which may have died. */
  lent: ReadonlyMap<string, string>
  /** Whether the same was so for long enough to act upon it. */
  settled(what: 'unknown here' | 'known here' | 'known nowhere', key: string): boolean
}

export interface StrayPlan {
  /** To be lent, to whom. */
  lend: Map<string, string>
  /** To be taken back: known here by now, or to nobody for a long time. */
  back: Set<string>
  /** Known to others and not here: their checks are not to be ended here. */
  elsewhere: Set<string>
}

/** What the owner of a slot is to do about its strays. */
export function planStrays({ own, others, lent, settled }: StrayView): StrayPlan {
  const plan: StrayPlan = { lend: new Map(), back: new Set(), elsewhere: new Set() }
  const knowing = (key: string) => [...others].filter(([, known]) => known.has(key)).map(([id]) => id)
  const known = new Set([...others.values()].flatMap((keys) => [...keys]))
  for (const key of known) {
    if (own.has(key)) continue
    plan.elsewhere.add(key)
    const holder = lent.get(key)
    const who = knowing(key)
    if (holder !== undefined && who.includes(holder)) continue
    // whoever had it is gone or knows it no more: at once; else it may be that the news is only on its way
    if (holder !== undefined || settled('unknown here', key)) plan.lend.set(key, heirOf(key, who))
  }
  for (const [key, holder] of lent) {
    const held = others.get(holder)?.has(key) ?? false
    if (own.has(key)) {
      if (!held || settled('known here', key)) plan.back.add(key)
    } else if (!known.has(key) && settled('known nowhere', key)) plan.back.add(key)
  }
  return plan
}

/** The same for all who ask, and spread over those who could. */
const heirOf = (key: string, who: readonly string[]): string =>
  who.reduce((best, one) => (hashOf(`${one} ${key}`, 0) > hashOf(`${best} ${key}`, 0) ? one : best))
