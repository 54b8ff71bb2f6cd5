/** The whole product in one process: reads top to bottom as the way of a sample and of a message. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { acknowledgeLinks, linkKey } from '../alerter/acknowledge-link.ts'
import { createAlerter } from '../alerter/engine.ts'
import { linkMaker } from '../alerter/link-maker.ts'
import { notifierDesk } from '../alerter/notifier-desk.ts'
import { peopleOf } from '../alerter/people.ts'
import { promptChecks } from '../alerter/prompt-checks.ts'
import { rulePreviews } from '../alerter/rehearsal/previews.ts'
import { shippedRules } from '../alerter/rules.ts'
import { sampleQueue } from '../collector/batch.ts'
import { healthBoard } from '../collector/health.ts'
import { intake as openIntake } from '../collector/intake.ts'
import { liveHub } from '../collector/live.ts'
import { parkedFiles } from '../collector/parked.ts'
import { runCollectors } from '../collector/run.ts'
import { watchSelf } from '../collector/self.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError, type Plugin } from '../model/contract.ts'
import { openPrograms } from '../plugins/check-command/programs.ts'
import { runReports } from '../reports/run.ts'
import { openAccounts } from '../store/journal/accounts.ts'
import { capacityJournal } from '../store/journal/capacity.ts'
import { changeJournal } from '../store/journal/clues.ts'
import { completenessJournal } from '../store/journal/completeness.ts'
import { openDatabase } from '../store/journal/database.ts'
import { eventJournal } from '../store/journal/events.ts'
import { inventory as openInventory } from '../store/journal/inventory.ts'
import { labelSource } from '../store/journal/labels.ts'
import { unreadLog } from '../store/journal/listening.ts'
import { machineJournal } from '../store/journal/machines.ts'
import { networkInventory } from '../store/journal/networks.ts'
import { takeNightly } from '../store/journal/nightly-parity.ts'
import { paritySnapshots } from '../store/journal/parity-snapshots.ts'
import { resourceJournal } from '../store/journal/resources.ts'
import { timelineJournal } from '../store/journal/timeline.ts'
import { topologyFacts } from '../store/journal/topology.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { watchJournal } from '../store/journal/watch.ts'
import { openSampleStore } from '../store/open.ts'
import { firstStartLink } from '../ui/first-start.ts'
import { uiSection } from '../ui/section.ts'
import { engineView, fatigueMailing, openAlerts } from './alerts.ts'
import { readArguments } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { type Configuration, configurationFrom, demoConfiguration, regionsOf } from './configuration.ts'
import { startDemoCloud } from './demo-cloud.ts'
import { keepRetention } from './keep-retention.ts'
import { jsonLogger } from './logger.ts'
import { findPlugins } from './plugins.ts'
import { threadedReports } from './report-thread/threaded.ts'
import { reportDeps } from './reporting.ts'
import { collectorsOf } from './serve/collectors.ts'
import { linkBase, mailerOf, monthlyMailing } from './serve/mailing.ts'
import { settingsHash } from './settings-hash.ts'
import { untilStopped } from './until-stopped.ts'
import { watchCompleteness } from './watch-completeness.ts'

const roles = ['collector', 'alerter', 'ui'] as const
type Role = (typeof roles)[number]

/** Samples that wait in memory while the store is away: about 100 MB at the most. */
const waitingSamples = 200_000

/** A page does not wait longer for a preview of rules. */
const previewMs = 60_000

export const command: Command = {
  name: 'serve',
  summary: 'collect, alert and show',
  usage: `usage: specola serve [--config FILE] [--data DIR] [--listen ADDRESS:PORT] [--only collector,alerter,ui] [--demo]

Without --config it shows the demo cloud: a recorded real one, replayed as if it ran now, marked DEMO on every page; its settings
are in config/demo.yaml.
--data and --listen override the configuration. Stops on SIGINT or SIGTERM.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string' },
        data: { type: 'string' },
        listen: { type: 'string' },
        only: { type: 'string' },
        demo: { type: 'boolean', default: false },
      },
    })
    const plugins = await findPlugins()
    const demo = values.demo || values.config === undefined
    const config = values.config === undefined ? demoConfiguration(plugins) : configurationFrom(values.config, plugins)
    if (values.data !== undefined) config.data = values.data
    if (values.listen !== undefined) config.ui.listen = readListen(values.listen)
    await serve({ ...config, data: resolve(config.data) }, plugins, readRoles(values.only), demo, io)
    return 0
  },
}

/** Runs until SIGINT or SIGTERM; stops everything it started, also when starting fails half-way. */
async function serve(
  config: Configuration,
  plugins: readonly Plugin[],
  only: ReadonlySet<Role>,
  demo: boolean,
  io: CommandIo,
): Promise<void> {
  const logger = jsonLogger(config.log)
  await untilStopped(logger, async (closing, stop) => {
    const { signal } = stop
    if (demo) wipeDemo(config.data)
    const db = openDatabase(config.data)
    closing.defer(() => db.close())
    const health = healthBoard(clock)
    const live = liveHub()
    const store = await openSampleStore(config.store, { directory: config.data, clock, logger })
    closing.defer(() => store.close())
    const parked = parkedFiles(config.data, clock)
    closing.defer(() => parked.close())
    const samples = sampleQueue({ store, live, health, clock, logger, limit: waitingSamples })
    const events = eventJournal(db)
    const inventory = openInventory(db)
    const shared = openAlerts(db, config, { health, clock, logger })
    const { journal: alerts } = shared
    closing.defer(() => shared.close())
    const accounts = openAccounts(db)
    const machines = machineJournal(db)
    const capacity = capacityJournal(db)
    const reporting = reportDeps(db, config, store)
    const threaded = threadedReports(
      {
        ...{ directory: config.data, book: reporting.book, zone: reporting.zone, budgets: config.budgets },
        efficiencyMs: config.reports.efficiency.window,
      },
      { store, logger },
    )
    closing.defer(() => threaded.close())
    const { reports, budgets } = threaded
    const completeness = completenessJournal(db, clock)
    const unread = { log: unreadLog(db), clock }
    const intake = openIntake({ samples, journal: events, inventory, machines, parked, live, unread })
    const clues = changeJournal(db)
    const { onCall: calendars } = shared
    const onCall = peopleOf(config.alerter, calendars, clock)
    if (!shared.cluster) await onCall.refresh() // else the alerter does, as soon as the database answers
    const links = acknowledgeLinks(config.alerter.acknowledgeLinks.key?.reveal() ?? linkKey(config.data))
    const programs = openPrograms(config.alerter.commands, { clock, logger })
    closing.defer(() => programs.close())
    const alerting = { ...config.alerter, publicUrl: linkBase(config) }
    const render = (await import('./render.ts')).createRender()
    const labels = labelSource(db)
    const carried = topologyFacts(db, () => regionsOf(config))
    const alerter = createAlerter(alerting, {
      people: onCall,
      acknowledgeLink: linkMaker(config.alerter, links, linkBase(config), clock),
      store,
      inventory,
      journal: alerts,
      ...(shared.cluster && { cluster: shared.cluster }),
      health,
      live,
      clock,
      logger,
      plugins,
      budgets,
      topology: carried,
      clues,
      programs,
      labels,
      render,
    })

    const running: Promise<unknown>[] = []
    closing.defer(async () => {
      stop.abort(signal.reason)
      await Promise.allSettled(running)
    })
    running.push(
      samples.run(signal),
      watchSelf(health, (batch) => samples.push(batch), clock, signal),
      watchJournal(db, join(config.data, 'journal.sqlite'), health, clock, signal),
      watchCompleteness(completeness, health, clock, logger, signal),
      keepRetention(db, config.retention, { retireAlerts: shared.retire, health, clock, logger }, signal),
      takeNightly(paritySnapshots(db, clock), { zone: config.ui.zone, clock, logger, signal }),
    )
    if (only.has('collector')) {
      const cloud = demo ? await startDemoCloud({ intake, inventory, clock, logger, health, directory: config.data }) : null
      if (cloud) closing.defer(() => cloud.close())
      const configured = await collectorsOf(config, { db, intake, inventory, events, store, live, health, clock, logger })
      const collectors = [...configured, ...(cloud?.collectors ?? [])]
      running.push(runCollectors(collectors, { clock, logger, signal }))
    }
    if (only.has('alerter')) {
      const rulesText = readFileSync(config.alerter.rules ?? shippedRules, 'utf8')
      clues.settings('rules', settingsHash(rulesText), clock.now())
      clues.settings('configuration', settingsHash(config), clock.now())
      promptChecks(live, clock, (targets) => alerter.checkNow(targets))
      running.push(alerter.run(signal))
      const mail = mailerOf(config)
      const priced = reporting.book !== null
      const mailing = monthlyMailing(db, config, { reports, mail, priced }, { clock, logger, health })
      const fatigue = fatigueMailing(shared, config, mail, linkBase(config), { clock, logger, health })
      running.push(
        runReports(
          config.reports,
          { reporting, closeMonth: threaded.closeMonth, mailing, fatigue, clock, logger, health },
          signal,
        ),
      )
    }
    if (only.has('ui')) {
      const { createUi } = await import('../ui/server.ts')
      const ui = createUi(config.ui, {
        ...{ reports, budgets, efficiency: threaded.efficiency },
        ...{
          store,
          events,
          inventory,
          machines,
          networks: networkInventory(db),
          capacity,
          usage: { ...usageJournal(db, clock), ...threaded.usage },
          resources: resourceJournal(db, clock),
          alerts,
          devices: config.alerter.devices.map(({ target }) => target),
          commands: alerter.commands,
          clues: alerter.clues,
          decisions: alerts,
          onCall,
          calendars,
          links,
          rules: alerter.rules,
          previews: rulePreviews(config.alerter, {
            ...{ store, alerts, inventory, health, labels, budgets, plugins, clock, logger, mostMs: previewMs },
            ...{ topology: carried, ledger: usageJournal(db, clock) },
          }),
          notifiers: notifierDesk(alerting, { plugins, render, clock }),
          accounts,
          engine: engineView(shared, alerter, config),
        },
        ...{ completeness, timeline: timelineJournal(db, clock) },
        results: { ...alerter.results, tokens: config.alerter.resultTokens },
        ...{ health, live, clock, logger, directory: config.data, demo, version: version() },
      })
      closing.defer(() => ui.close())
      const { url } = await ui.listen()
      io.out(`Specola ${version()} ${demo ? 'shows the demo cloud' : 'is watching'}: ${url}`)
      const link = await firstStartLink(accounts, url, clock.now())
      if (link) io.out(`Sign in (once, as admin): ${link}`)
    }
    return { roles: [...only], data: config.data, demo }
  })
}

function readListen(text: string): Configuration['ui']['listen'] {
  const read = uiSection.shape.listen.safeParse(text)
  if (!read.success) throw new AppError('usage', `--listen: ${read.error.issues[0]?.message}`)
  return read.data
}

function readRoles(text: string | undefined): ReadonlySet<Role> {
  if (text === undefined) return new Set(roles)
  const asked = text.split(',').map((word) => word.trim())
  const unknown = asked.find((word) => !roles.includes(word as Role))
  if (unknown !== undefined) throw new AppError('usage', `--only: "${unknown}" is none of ${roles.join(', ')}`)
  return new Set(asked as Role[])
}

/** The demo begins anew at each start, and only ever removes what a demo left. */
function wipeDemo(directory: string): void {
  const mark = join(directory, 'DEMO')
  if (existsSync(join(directory, 'journal.sqlite')) && !existsSync(mark))
    throw new AppError('usage', `${directory} holds real data: the demo will not touch it; choose another directory with --data`)
  if (existsSync(mark)) {
    openDatabase(directory).close() // refuses when another process shows its demo from here
    rmSync(directory, { recursive: true, force: true })
  }
  mkdirSync(directory, { recursive: true, mode: 0o750 })
  writeFileSync(mark, 'A demo cloud: this directory is emptied at the next start.\n')
}

const version = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version
