/** Which instance suffers from which neighbour: steal of the one against the CPU of the others, over the same window. */

/** One instance of a host over a window; buckets of all are the same. null = no data. */
export interface Load {
  instance: string
  /** Percent of its vCPUs' time that it waited for a CPU. */
  steal: readonly (number | null)[]
  /** CPUs that it used of the host, 1 = one core. */
  cores: readonly (number | null)[]
}

export interface Suspect {
  instance: string
  /** Mean CPUs used of the host. */
  cores: number
  /** How alike its CPU and the victim's steal went, -1 to 1; null where nothing varied or too little is known. */
  correlation: number | null
}

export interface Suffering {
  instance: string
  /** Mean steal, percent. */
  steal: number
  /** Neighbours that may be the cause, the likeliest first. */
  suspects: Suspect[]
}

/** Fewer common buckets than this tell nothing of likeness. */
const leastBuckets = 6
/** A neighbour that uses less than this of a core takes nothing from anybody. */
const leastCores = 0.1

/**
 * Those whose mean steal is above the threshold, the worst first. A suspect's weight is what it used of the host times how
 * alike it went; who went the other way is none.
 */
export function suffering(loads: readonly Load[], { above = 2, most = 3 }: { above?: number; most?: number } = {}): Suffering[] {
  return loads
    .map((load) => ({ load, steal: mean(load.steal) }))
    .filter((one): one is { load: Load; steal: number } => one.steal !== null && one.steal > above)
    .sort((a, b) => b.steal - a.steal)
    .map(({ load, steal }) => ({ instance: load.instance, steal, suspects: suspectsOf(load, loads, most) }))
}

function suspectsOf(victim: Load, loads: readonly Load[], most: number): Suspect[] {
  return loads
    .filter(({ instance }) => instance !== victim.instance)
    .map((neighbour) => ({
      instance: neighbour.instance,
      cores: mean(neighbour.cores) ?? 0,
      correlation: correlation(victim.steal, neighbour.cores),
    }))
    .filter(({ cores, correlation }) => cores >= leastCores && (correlation === null || correlation > 0))
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, most)
}

/** Not known is as good as half alike: a neighbour that is busy all the time varies with nothing. */
const weight = ({ cores, correlation }: Suspect) => cores * (correlation ?? 0.5)

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** Pearson's, over the buckets that both have. */
export function correlation(a: readonly (number | null)[], b: readonly (number | null)[]): number | null {
  const pairs = a.flatMap((x, i) => {
    const y = b[i] ?? null
    return x === null || y === null ? [] : [[x, y] as const]
  })
  if (pairs.length < leastBuckets) return null
  const middle = (side: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length
  const [mx, my] = [middle(0), middle(1)]
  let [xy, xx, yy] = [0, 0, 0]
  for (const [x, y] of pairs) {
    xy += (x - mx) * (y - my)
    xx += (x - mx) ** 2
    yy += (y - my) ** 2
  }
  return xx <= 1e-12 || yy <= 1e-12 ? null : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}
