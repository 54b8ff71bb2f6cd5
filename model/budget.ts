import type { Forecast } from './forecast.ts'

/** How far a project's budget is used up in the current month. Amounts are net of VAT, in currency units. */
export interface BudgetStanding {
  project: string
  name: string | null
  currency: string
  /** `2026-10` */
  month: string
  budget: number
  spent: number
  forecast: Forecast
  /** Percent of the budget, ascending. */
  thresholds: readonly number[]
  /** When it was computed, epoch ms. */
  at: number
}

/** Percent of the budget. */
export const usedPercent = ({ spent, budget }: Pick<BudgetStanding, 'spent' | 'budget'>): number => (100 * spent) / budget
