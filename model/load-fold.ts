/** Buckets of samples → what an instance used. Keeps a histogram a field, so that 10,000 instances over weeks stay small. */
import type { InstanceLoad } from './efficiency.ts'
import type { RangeResult } from './sample.ts'

/** What to ask the store for; one query serves all instances. */
export const loadFields = ['cpu_percent', 'memory_used_bytes', 'net_rx_bytes', 'net_tx_bytes'] as const
export const loadAggregates = ['mean', 'max', 'count'] as const

/** CPU in steps of half a percent, up to 100; what is above (a reading over 100) falls into the last. */
const bins = 201

interface Fold {
  buckets: number
  samples: number
  cpu: Uint32Array
  cpuSum: number
  cpuPeak: number
  memoryPeak: number | null
  trafficSum: number
  trafficBuckets: number
}

export interface LoadFold {
  add(result: RangeResult): void
  /** `expected`: how many buckets the window has. */
  loads(expected: number): Map<string, InstanceLoad>
}

export function loadFold(): LoadFold {
  const folds = new Map<string, Fold>()
  const of = (instance: string) => {
    let fold = folds.get(instance)
    if (!fold) {
      fold = {
        buckets: 0,
        samples: 0,
        cpu: new Uint32Array(bins),
        cpuSum: 0,
        cpuPeak: 0,
        memoryPeak: null,
        trafficSum: 0,
        trafficBuckets: 0,
      }
      folds.set(instance, fold)
    }
    return fold
  }
  return {
    add({ series }) {
      for (const { tags, field, aggregate, values } of series) {
        const fold = of(tags.instance ?? '')
        for (const value of values) if (value !== null) take(fold, `${field} ${aggregate}`, value)
      }
    },
    loads: (expected) => new Map([...folds].map(([instance, fold]) => [instance, loadOf(fold, expected)])),
  }
}

function take(fold: Fold, what: string, value: number): void {
  switch (what) {
    case 'cpu_percent mean': {
      const bin = Math.max(0, Math.min(bins - 1, Math.ceil(value * 2)))
      fold.cpu[bin] = (fold.cpu[bin] as number) + 1
      fold.cpuSum += value
      fold.buckets++
      break
    }
    case 'cpu_percent max':
      fold.cpuPeak = Math.max(fold.cpuPeak, value)
      break
    case 'cpu_percent count':
      fold.samples += value
      break
    case 'memory_used_bytes max':
      fold.memoryPeak = Math.max(fold.memoryPeak ?? 0, value)
      break
    case 'net_rx_bytes mean':
      fold.trafficBuckets++
      fold.trafficSum += value
      break
    case 'net_tx_bytes mean':
      fold.trafficSum += value
      break
  }
}

function loadOf(fold: Fold, expected: number): InstanceLoad {
  return {
    samples: fold.samples,
    coverage: expected === 0 ? 0 : Math.min(1, fold.buckets / expected),
    cpuMean: fold.buckets === 0 ? 0 : fold.cpuSum / fold.buckets,
    cpuP95: percentile(fold, 0.95),
    cpuPeak: fold.cpuPeak,
    memoryPeakBytes: fold.memoryPeak,
    trafficBytes: fold.trafficBuckets === 0 ? null : fold.trafficSum / fold.trafficBuckets,
  }
}

/** Upper end of the bin in which it lies: never too little. */
function percentile({ cpu, buckets }: Fold, part: number): number {
  let seen = 0
  for (const [bin, count] of cpu.entries()) {
    seen += count
    if (count > 0 && seen >= part * buckets) return bin / 2
  }
  return 0
}
