/** Where stretches of use come from: the ledgers, and the libvirt counters for traffic. */
import type { Scope } from '../model/access.ts'
import type { Clock } from '../model/clock.ts'
import type {
  CompletenessJournal,
  FlavorJournal,
  Inventory,
  MonthJournal,
  Period,
  ResourceJournal,
  SampleStore,
  UsageJournal,
} from '../model/contract.ts'
import type { PriceBook } from '../model/price-book.ts'
import { daysWithin } from '../model/range.ts'
import { instanceStretch, resourceStretch, type SpecsOf, type Stretch } from '../model/rating.ts'
import { trafficAggregates, trafficFields, trafficOf, trafficStep, trafficTags } from '../model/traffic.ts'

export interface ReportDeps {
  usage: UsageJournal
  inventory: Pick<Inventory, 'names' | 'projects' | 'users' | 'instance' | 'instances'>
  months: MonthJournal
  flavors: FlavorJournal
  /** Absent: nothing but instances is reported. */
  resources?: ResourceJournal
  /** Absent: no traffic is charged and nothing is said about efficiency. */
  store?: Pick<SampleStore, 'range'>
  /** Absent: nobody watches completeness, and reports say so. */
  completeness?: CompletenessJournal
  clock: Clock
  /** null: no prices are configured; reports have hours and no money. */
  book: PriceBook | null
  /** Days and months are cut here. */
  zone: string
}

/** What of the cloud is asked for; null = everything that the scope sees. */
export interface Asked {
  project: string | null
  instance: string | null
}

/**
 * Everything held in the period, in the order that rating needs. Synchronous, because the journal's rows are read as they are rated;
 * traffic, which has to be waited for, is passed in.
 */
export function* heldWithin(
  deps: ReportDeps,
  scope: Scope,
  period: Period,
  asked: Asked,
  traffic: readonly Stretch[],
): Generator<Stretch> {
  const project = asked.project === null ? {} : { project: asked.project }
  const instance = asked.instance === null ? {} : { instance: asked.instance }
  for (const segment of deps.usage.segmentsWithin(scope, { ...period, ...project, ...instance })) yield instanceStretch(segment)
  if (deps.resources && asked.instance === null)
    for (const segment of deps.resources.segmentsWithin(scope, { ...period, ...project })) yield resourceStretch(segment)
  yield* traffic
}

/** What went in and out, an hour at a time; one query a day serves all instances. Empty when no price asks for it. */
export async function trafficWithin(
  deps: ReportDeps,
  scope: Scope,
  period: Period,
  asked: Asked,
  book: PriceBook | null,
): Promise<Stretch[]> {
  const priced = book?.lists.some(({ trafficIn, trafficOut }) => trafficIn !== null || trafficOut !== null)
  if (!deps.store || !priced) return []
  const projects =
    asked.project === null
      ? scope.projects
      : scope.projects === 'all' || scope.projects.includes(asked.project)
        ? [asked.project]
        : []
  const found: Stretch[] = []
  const to = Math.min(period.to, deps.clock.now())
  for (const day of daysWithin({ from: period.from, to }, deps.zone)) {
    const result = await deps.store.range({
      measurement: 'instance',
      fields: trafficFields,
      where: { ...(projects !== 'all' && { project: projects }), ...(asked.instance !== null && { instance: asked.instance }) },
      ...{ from: day.from, to: day.to, step: trafficStep },
      aggregates: trafficAggregates,
      groupBy: trafficTags,
    })
    for (const one of trafficOf(result)) {
      const [from, until] = [Math.max(one.from, day.from), Math.min(one.from + trafficStep, day.to)]
      if (until <= from) continue
      found.push({
        ...{
          kind: 'instance',
          id: one.instance,
          name: null,
          from,
          to: until,
          project: one.project,
          user: one.user,
          host: one.host,
        },
        flavor: one.flavor === null ? null : { id: null, name: one.flavor, vcpus: 0, memoryMb: 0, diskGb: 0 },
        ...{ type: null, state: null, sizeGib: null, traffic: { in: one.in, out: one.out } },
      })
    }
  }
  const key = ({ project, id }: Stretch) => `${project ?? ''}\0${id}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.from - b.from))
}

/** Extra specs by flavor name, as they are known now. */
export async function specsIn(deps: Pick<ReportDeps, 'flavors'>): Promise<SpecsOf> {
  const specs = await deps.flavors.extraSpecs()
  return (flavor) => (flavor.name === null ? {} : (specs.get(flavor.name) ?? {}))
}
