import type { LedgerFlavor } from '../../model/ledger-state.ts'

/** Reads flavors as rows hold them, JSON: few texts, many rows, so each is parsed once. */
export function flavorReader(): (text: string | null) => LedgerFlavor | null {
  const flavors = new Map<string, LedgerFlavor>()
  return (text) => {
    if (text === null) return null
    let flavor = flavors.get(text)
    if (!flavor) {
      flavor = JSON.parse(text) as LedgerFlavor
      if (flavors.size > 10_000) flavors.clear()
      flavors.set(text, flavor)
    }
    return flavor
  }
}
