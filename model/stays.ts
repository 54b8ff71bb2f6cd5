/** How long instances stayed on hosts: what a host could have told of. Times are epoch ms. */

/** An instance on a host, [from, to); `to` null = still there. */
export interface Stay {
  host: string
  instance: string
  from: number
  to: number | null
}

export interface HostStays {
  /** Whether any instance ever stayed there, as far as was asked. */
  knows(host: string): boolean
  /** How many instances were there for the whole of [from, to). */
  throughout(host: string, from: number, to: number): number
}

/** Segments of one instance that follow each other on one host are one stay. Any order. */
export function staysByHost(segments: readonly Stay[]): HostStays {
  const byHost = new Map<string, { from: number; to: number }[]>()
  const sorted = [...segments].sort((a, b) => (a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : a.from - b.from))
  let last: { instance: string; host: string; stay: { from: number; to: number } } | null = null
  for (const { host, instance, from, to } of sorted) {
    const end = to ?? Number.POSITIVE_INFINITY
    if (last && last.instance === instance && last.host === host && from <= last.stay.to) {
      last.stay.to = Math.max(last.stay.to, end)
      continue
    }
    const stay = { from, to: end }
    const its = byHost.get(host)
    if (its) its.push(stay)
    else byHost.set(host, [stay])
    last = { instance, host, stay }
  }
  return {
    knows: (host) => byHost.has(host),
    throughout(host, from, to) {
      let count = 0
      for (const stay of byHost.get(host) ?? []) if (stay.from <= from && stay.to >= to) count++
      return count
    },
  }
}
