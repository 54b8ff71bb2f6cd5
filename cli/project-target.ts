import { AppError, type SampleStore, type Target } from '../model/contract.ts'
import { budgets } from '../reports/budgets.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { commandConfiguration, reportDeps, samplesFor } from './reporting.ts'

/** A project as checks see it, with the standing of its budget; both are in the configuration, so there has to be one. */
export async function projectTarget(file: string | null, id: string): Promise<Target> {
  if (file === null) throw new AppError('usage', 'budgets and prices are in the configuration: --config FILE')
  const config = await commandConfiguration(file, undefined)
  const configured = config.budgets.filter(({ project }) => project === id)
  if (configured.length === 0) throw new AppError('not-found', `${file}: no budget of project ${id}`)
  if (config.prices === undefined) throw new AppError('config', `${file}: no prices, so nothing is spent`)
  const db = openDatabaseReadOnly(config.data)
  let store: SampleStore | null = null
  try {
    store = await samplesFor(config)
    const [budget] = await budgets(configured, reportDeps(db, config, store)).standings({ projects: [id] })
    return { kind: 'project', id, name: budget?.name ?? id, project: id, host: null, instance: null, ...(budget && { budget }) }
  } finally {
    await store?.close()
    db.close()
  }
}
