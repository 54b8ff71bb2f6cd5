import { usedPercent } from '../../model/budget.ts'
import { budgetModel } from '../budget-model.ts'
import type { Reply, Route } from '../route.ts'

/** All budgets of the scope, the fullest first. */
export const budgetsPage: Route = {
  method: 'get',
  path: '/budgets{.:format}',
  async handle(visit): Promise<Reply> {
    const standings = (await visit.deps.budgets.standings(visit.scope)).sort((a, b) => usedPercent(b) - usedPercent(a))
    if (visit.shape !== 'html')
      return {
        kind: 'list',
        name: 'budgets',
        columns: ['project', 'name', 'month', 'currency', 'budget', 'spent', 'forecast', 'forecast_low', 'forecast_high'].map(
          (key) => ({ key, title: key }),
        ),
        rows: standings.map((one) => ({
          ...{ project: one.project, name: one.name, month: one.month, currency: one.currency, budget: one.budget },
          ...{
            spent: cents(one.spent),
            forecast: cents(one.forecast.expected),
            forecast_low: cents(one.forecast.low),
            forecast_high: cents(one.forecast.high),
          },
        })),
      }
    return {
      kind: 'page',
      view: 'budgets',
      title: visit.t('nav.budgets'),
      model: {
        rows: standings.map((standing) => budgetModel(visit, standing)),
        month: visit.now,
        csv: '/budgets.csv',
        json: '/budgets.json',
      },
    }
  },
}

const cents = (value: number) => Math.round(value * 100) / 100
