/** Who pays for what nobody uses: ledgers and samples put together for `model/efficiency.ts`. */
import { everything, type Scope } from '../model/access.ts'
import { sumOf } from '../model/closed-month.ts'
import type { Efficiency } from '../model/contract.ts'
import {
  bySaving,
  type EfficiencyReport,
  type HeldInstance,
  type HeldResource,
  type InstanceLoad,
  instanceFindings,
  leastCoverage,
  resourceFinding,
} from '../model/efficiency.ts'
import { loadAggregates, loadFields, loadFold } from '../model/load-fold.ts'
import { type FlavorSize, rate, type SpecsOf, type Stretch } from '../model/rating.ts'
import { heldWithin, type ReportDeps, specsIn } from './sources.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const monthMs = 730 * hourMs
/** How far back "since" is looked for. */
const historyMs = 400 * dayMs
const keptMs = 5 * 60_000

export function efficiency(config: { windowMs: number }, deps: ReportDeps): Efficiency {
  const kept = new Map<string, { at: number; report: Promise<EfficiencyReport> }>()
  return {
    findings(scope, { project }) {
      const key = JSON.stringify([scope.projects, project ?? null])
      const now = deps.clock.now()
      let entry = kept.get(key)
      if (!entry || now < entry.at || now - entry.at >= keptMs) {
        if (kept.size > 100) kept.clear()
        entry = { at: now, report: look(config.windowMs, deps, scope, project ?? null, now) }
        entry.report.catch(() => kept.delete(key))
        kept.set(key, entry)
      }
      return entry.report
    },
  }
}

async function look(
  windowMs: number,
  deps: ReportDeps,
  scope: Scope,
  project: string | null,
  now: number,
): Promise<EfficiencyReport> {
  const { book } = deps
  const window = { from: now - windowMs, to: now }
  const specs = await specsIn(deps)
  const held = heldAt(deps, scope, project, now)
  const loads = await measuredLoads(deps, scope, project, window)
  const monthly = (stretch: Stretch, flavor = stretch.flavor): bigint | null => {
    if (!book) return null
    const rows = [...rate([{ ...stretch, flavor, from: now, to: now + monthMs }], book, specs as SpecsOf)]
    return rows.every(({ charges }) => charges.length === 0) ? null : sumOf(rows)
  }
  const names = await deps.inventory.names(
    'instance',
    [...held.values()].filter(({ stretch }) => stretch.kind === 'instance').map(({ stretch }) => stretch.id),
  )
  const findings: EfficiencyReport['findings'][number][] = []
  const unknown: EfficiencyReport['unknown'][number][] = []
  let measured = 0
  const images = await imagesInUse(deps)
  for (const { stretch, since, atLeast } of held.values()) {
    const common = { id: stretch.id, project: stretch.project, since, atLeast, month: monthly(stretch) }
    if (stretch.kind !== 'instance') {
      const { kind, type, sizeGib, name } = stretch
      const resource: HeldResource = { ...common, kind, type, sizeGib, name, state: stretch.state as HeldResource['state'] }
      const finding = resourceFinding(resource, images, now)
      if (finding) findings.push(finding)
      continue
    }
    const instance: HeldInstance = {
      ...common,
      name: names.get(stretch.id) ?? null,
      flavor: stretch.flavor,
      state: stretch.state as HeldInstance['state'],
    }
    const load = loads.get(stretch.id) ?? null
    if (instance.state === 'running') {
      if (!load || load.coverage < leastCoverage) {
        unknown.push({
          id: instance.id,
          name: instance.name,
          project: instance.project,
          samples: load?.samples ?? 0,
          coverage: load?.coverage ?? 0,
        })
        continue
      }
      measured++
    }
    const flavors = flavorsFor(held, instance, book?.lists.flatMap((list) => list.flavors.map(({ name }) => name)) ?? [])
    findings.push(...instanceFindings(instance, load, flavors, (_one, flavor) => monthly(stretch, flavor), now))
  }
  return {
    window,
    money: book && { currency: book.currency, decimals: book.decimals },
    findings: findings.sort(bySaving),
    unknown,
    measured,
  }
}

interface Held {
  stretch: Stretch
  since: number
  atLeast: boolean
}

/** What is held now, and since when it is in the state that it is in. */
function heldAt(deps: ReportDeps, scope: Scope, project: string | null, now: number): Map<string, Held> {
  const held = new Map<string, Held>()
  const from = now - historyMs
  for (const stretch of heldWithin(deps, scope, { from, to: now }, { project, instance: null }, [])) {
    const key = `${stretch.kind}\0${stretch.id}`
    const before = held.get(key)
    const goesOn = before && before.stretch.state === stretch.state && before.stretch.to >= stretch.from
    held.set(key, goesOn ? { ...before, stretch } : { stretch, since: stretch.from, atLeast: stretch.from <= from })
  }
  for (const [key, { stretch }] of held) if (stretch.to < now) held.delete(key)
  return held
}

/** A day at a time, all instances in one query: the numbers of 10,000 instances over weeks do not stand in memory at once. */
async function measuredLoads(
  deps: ReportDeps,
  scope: Scope,
  project: string | null,
  window: { from: number; to: number },
): Promise<Map<string, InstanceLoad>> {
  if (!deps.store) return new Map()
  const projects =
    project === null ? scope.projects : scope.projects === 'all' || scope.projects.includes(project) ? [project] : []
  const step = window.to - window.from > 2 * dayMs ? hourMs : 300_000
  const fold = loadFold()
  for (let from = window.from; from < window.to; from += dayMs)
    fold.add(
      await deps.store.range({
        ...{ measurement: 'instance', fields: loadFields, aggregates: loadAggregates, groupBy: ['instance'] },
        where: projects === 'all' ? {} : { project: projects },
        ...{ from: Math.ceil(from / step) * step, to: Math.ceil(Math.min(from + dayMs, window.to) / step) * step, step },
      }),
    )
  return fold.loads(Math.round((window.to - window.from) / step))
}

/**
 * Flavors that may be proposed: those that this project has, and those that the price list names for everybody. Another
 * project's own flavors are none of its business.
 */
function flavorsFor(held: ReadonlyMap<string, Held>, { project }: HeldInstance, listed: readonly string[]): FlavorSize[] {
  const flavors = new Map<string, FlavorSize>()
  for (const { stretch } of held.values()) {
    const { flavor } = stretch
    if (flavor?.name && (stretch.project === project || listed.includes(flavor.name))) flavors.set(flavor.name, flavor)
  }
  return [...flavors.values()]
}

const page = 1000

async function imagesInUse({ inventory }: ReportDeps): Promise<Set<string>> {
  const images = new Set<string>()
  for (let offset = 0; ; offset += page) {
    const { rows, total } = await inventory.instances(everything, { sort: 'created', limit: page, offset })
    for (const { image } of rows) if (image) images.add(image)
    if (rows.length === 0 || offset + rows.length >= total) return images
  }
}
