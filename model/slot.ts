/** Checks are shared between engines by slots: all checks of a target are in one, and stay there for ever. */
import type { ResourceRef } from './event.ts'

/** How many there are: the finest share of the work that one engine can give to another. */
export const slots = 64

/** FNV-1a over UTF-16 units of `kind:id`: even, and the same in every engine. */
export function slotOf({ kind, id }: ResourceRef): number {
  let hash = 0x811c9dc5
  const text = `${kind}:${id}`
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193)
  return (hash ^ (hash >>> 15)) & (slots - 1)
}
