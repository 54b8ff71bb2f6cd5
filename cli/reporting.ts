/** What reports are made of, put together for commands and for `serve`. */
import { systemClock } from '../model/clock.ts'
import type { SampleStore } from '../model/contract.ts'
import type { PriceBook } from '../model/price-book.ts'
import { priceBook } from '../reports/section.ts'
import type { ReportDeps } from '../reports/sources.ts'
import type { Database } from '../store/journal/database.ts'
import { openSampleStore } from '../store/open.ts'
import { type Configuration, configurationFrom, defaultConfiguration } from './configuration.ts'
import { journalReportDeps } from './journal-report-deps.ts'
import { jsonLogger } from './logger.ts'
import { findPlugins } from './plugins.ts'

export const bookOf = ({ prices, ui }: Pick<Configuration, 'prices' | 'ui'>): PriceBook | null =>
  prices === undefined ? null : priceBook(prices, ui.zone)

export function reportDeps(db: Database, config: Configuration, store: SampleStore | null): ReportDeps {
  return { ...journalReportDeps(db, systemClock), book: bookOf(config), zone: config.ui.zone, ...(store && { store }) }
}

/** Configuration of a command that works on a data directory: `--data` wins over the file. */
export async function commandConfiguration(file: string | undefined, data: string | undefined): Promise<Configuration> {
  const plugins = await findPlugins()
  const config = file === undefined ? defaultConfiguration(plugins) : configurationFrom(file, plugins)
  return data === undefined ? config : { ...config, data }
}

/** The samples, where traffic has a price; null when no price asks for them. Fails while another process has them open. */
export async function samplesFor(config: Configuration): Promise<SampleStore | null> {
  const asks = bookOf(config)?.lists.some(({ trafficIn, trafficOut }) => trafficIn !== null || trafficOut !== null)
  if (!asks) return null
  return openSampleStore(config.store, { directory: config.data, clock: systemClock, logger: jsonLogger('error') })
}
