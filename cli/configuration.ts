/** The whole configuration: one section from each folder, and from each plugin. */
import { join } from 'node:path'
import { z } from 'zod'
import { alerterSection } from '../alerter/section.ts'
import { load, loadFile } from '../config/load.ts'
import { AppError, type Plugin } from '../model/contract.ts'
import { budgetsSection, pricesSection, reportsSection } from '../reports/section.ts'
import { retentionSection } from '../store/journal/retention-section.ts'
import { storeSection } from '../store/open.ts'
import { uiSection } from '../ui/section.ts'
import { collectorSection } from './collector-section.ts'

/** Plugins bring their own sections, each under its own name. */
const schema = (plugins: readonly Plugin[]) =>
  z
    .strictObject({
      /** Everything that Specola keeps: journal, samples, parked messages. One process a directory. */
      data: z.string().min(1).default('/var/lib/specola'),
      log: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      store: storeSection,
      retention: retentionSection,
      collector: collectorSection,
      alerter: alerterSection(plugins),
      ui: uiSection.prefault({}),
      prices: pricesSection.optional(),
      budgets: budgetsSection,
      reports: reportsSection,
    })
    .superRefine(({ alerter, reports }, ctx) => {
      if (reports.fatigue && alerter.notifiers.email === undefined)
        ctx.addIssue({ code: 'custom', path: ['reports', 'fatigue'], message: 'no mail server is configured: add alerter.email' })
    })

export type Configuration = z.output<ReturnType<typeof schema>>

/** Throws AppError('config') with every mistake of the file. */
export const configurationFrom = (file: string, plugins: readonly Plugin[]): Configuration => loadFile(file, schema(plugins))

/** That of the demo cloud, from wherever it is started. */
export function demoConfiguration(plugins: readonly Plugin[]): Configuration {
  const shipped = (name: string) => join(import.meta.dirname, '..', 'config', name)
  const config = configurationFrom(shipped('demo.yaml'), plugins)
  return { ...config, alerter: { ...config.alerter, rules: shipped('demo-rules.yaml') } }
}

/** What holds when nothing is configured. */
export function defaultConfiguration(plugins: readonly Plugin[]): Configuration {
  const loaded = load('', schema(plugins))
  if (!loaded.ok) throw new AppError('config', loaded.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return loaded.value
}

/** Regions, as the operator calls them. */
export const regionsOf = ({ collector }: Pick<Configuration, 'collector'>): string[] => [
  ...new Set([...collector.openstack, ...collector.amqp].map(({ name }) => name)),
]
