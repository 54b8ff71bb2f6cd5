/** How far budgets are used up: this month's cost so far, and what it will be. */
import type { Scope } from '../model/access.ts'
import type { BudgetStanding } from '../model/budget.ts'
import { monthOf } from '../model/calendar-month.ts'
import { sumOf } from '../model/closed-month.ts'
import type { Budgets } from '../model/contract.ts'
import { priceUnit } from '../model/decimal.ts'
import { forecast } from '../model/forecast.ts'
import type { PriceBook } from '../model/price-book.ts'
import { rate, type Stretch } from '../model/rating.ts'
import { clipped } from './daily.ts'
import { periodOf } from './months.ts'
import type { BudgetConfig } from './section.ts'
import { heldWithin, type ReportDeps, specsIn, trafficWithin } from './sources.ts'

const dayMs = 86_400_000
const paceDays = 7
/** Standings are asked for by every page and every cycle of checks. */
const keptMs = 60_000

export function budgets(config: readonly BudgetConfig[], deps: ReportDeps): Budgets {
  const kept = new Map<string, { at: number; standing: Promise<BudgetStanding> }>()
  return {
    async standings(scope) {
      const { book, clock } = deps
      if (!book) return []
      const now = clock.now()
      const mine = config.filter(({ project }) => scope.projects === 'all' || scope.projects.includes(project))
      const standings: BudgetStanding[] = []
      for (const one of mine) {
        let entry = kept.get(one.project)
        if (!entry || now < entry.at || now - entry.at >= keptMs) {
          entry = { at: now, standing: standingOf(deps, { projects: [one.project] }, one, book, now) }
          entry.standing.catch(() => kept.delete(one.project)) // the caller of this very moment sees the failure
          kept.set(one.project, entry)
        }
        standings.push(await entry.standing)
      }
      return standings
    },
  }
}

async function standingOf(
  deps: ReportDeps,
  scope: Scope,
  config: BudgetConfig,
  book: PriceBook,
  now: number,
): Promise<BudgetStanding> {
  const month = monthOf(now, deps.zone)
  const { from, to } = periodOf(month, deps.zone)
  const asked = { project: config.project, instance: null }
  const since = Math.min(from, now - paceDays * dayMs)
  const specs = await specsIn(deps)
  const traffic = await trafficWithin(deps, scope, { from: since, to: now }, asked, book)
  const stretches = [...heldWithin(deps, scope, { from: since, to: now }, asked, traffic)]
  const cost = (period: { from: number; to: number }) =>
    Number(sumOf(rate(clipped(stretches, period), book, specs))) / 10 ** book.decimals
  const began = stretches.reduce((first, stretch) => Math.min(first, stretch.from), now)
  const days = Array.from({ length: paceDays }, (_unused, n) => now - (paceDays - n) * dayMs)
    .filter((start) => start >= began)
    .map((start) => cost({ from: start, to: start + dayMs }))
  const nowPerDay = Number(sumOf(rate(heldNow(stretches, now), book, specs))) / 10 ** book.decimals
  const spent = cost({ from, to: now })
  const names = await deps.inventory.names('project', [config.project])
  return {
    ...{ project: config.project, name: names.get(config.project) ?? null, currency: book.currency, month, spent, at: now },
    budget: Number(config.month) / Number(priceUnit),
    forecast: forecast({ spent, days, nowPerDay, now, monthEnd: to }),
    thresholds: config.thresholds,
  }
}

/** What is held at this moment, as if for a day. */
function* heldNow(stretches: readonly Stretch[], now: number): Generator<Stretch> {
  for (const stretch of stretches) if (stretch.to >= now && !stretch.traffic) yield { ...stretch, from: now, to: now + dayMs }
}
