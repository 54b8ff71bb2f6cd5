import type { Role } from '../../model/access.ts'
import type { Problem } from '../../model/check.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import type { Clue } from '../../model/clue.ts'
import type { NotifierDesk, Target } from '../../model/contract.ts'
import { openAccounts } from '../../store/journal/accounts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { eventJournal } from '../../store/journal/events.ts'
import { resourceJournal } from '../../store/journal/resources.ts'
import type { UiDeps } from '../../ui/deps.ts'
import type { ResultsDoor } from '../../ui/results-door.ts'
import { createUi, uiSection } from '../../ui/server.ts'
import { fakeCloud, fakeProjects } from './fake-cloud.ts'
import { fakeMoney } from './fake-money.ts'
import { fakeNotifiers } from './fake-notifiers.ts'
import { fakeOnCall } from './fake-on-call.ts'
import { fakeResources } from './fake-resources.ts'
import { fakeRules } from './fake-rules.ts'
import { silentLogger } from './silent-logger.ts'

export const password = 'una frase abbastanza lunga'

/** One account per role; the project roles see `anagrafe` only. */
export const people: Readonly<Record<string, { role: Role; projects: readonly string[] }>> = {
  ada: { role: 'admin', projects: [] },
  nino: { role: 'noc', projects: [] },
  olga: { role: 'oncall', projects: [] },
  mara: { role: 'manager', projects: [fakeProjects[0].id] },
  meo: { role: 'member', projects: [fakeProjects[0].id] },
  rita: { role: 'reader', projects: [fakeProjects[0].id] },
}

/** The real pages over the fake cloud and a real journal of accounts. */
export async function startUi(
  directory: string,
  options: {
    clock?: Clock
    hostile?: readonly string[]
    demo?: boolean
    config?: Record<string, unknown>
    only?: readonly string[]
    results?: ResultsDoor
    /** In place of the fake ones. */
    deps?: Partial<UiDeps>
    notifiers?: NotifierDesk
    devices?: readonly Target[]
  } = {},
) {
  const clock = options.clock ?? systemClock
  const database = openDatabase(directory)
  const accounts = openAccounts(database)
  for (const [name, { role, projects }] of Object.entries(people)) {
    if (await accounts.account(name)) continue
    await accounts.add({ name, role, projects }, clock.now())
    if (options.only === undefined || options.only.includes(name)) await accounts.setPassword(name, password, clock.now(), null)
  }
  const cloud = fakeCloud(clock, options.hostile ? { hostile: options.hostile } : {})
  const told = fakeResources(cloud.instances, clock.now(), options.hostile)
  await eventJournal(database).record(told.map((event) => ({ event, ignored: false, raw: null })))
  const resources = resourceJournal(database, clock)
  const money = fakeMoney({ ...cloud, resources }, database, clock)
  const { reports, budgets, efficiency } = money
  const logger = silentLogger()
  const config = uiSection.parse({ listen: '127.0.0.1:0', ...options.config })
  const results = options.results ?? { tokens: new Map(), submit: async () => [] }
  const ui = createUi(config, {
    ...fakeOnCall(database, clock, options.hostile),
    ...{
      ...cloud,
      ...fakeRules(cloud.problems, clock, options.hostile),
      reports,
      budgets,
      efficiency,
      accounts,
      resources,
      results,
      clock,
      logger,
      directory,
    },
    ...{ clues: async (_scope: unknown, problem: Problem) => fakeClues(problem) },
    ...{ demo: options.demo ?? true, version: '0.1.0', notifiers: options.notifiers ?? fakeNotifiers(clock) },
    ...(options.devices && { devices: options.devices }),
    ...options.deps,
  })
  const { url } = await ui.listen()
  return {
    url,
    accounts,
    resources: told,
    cloud,
    database,
    money,
    logger,
    async close() {
      await ui.close()
      database.close()
    },
  }
}

export type TestUi = Awaited<ReturnType<typeof startUi>>

/** What changed before a problem of a host. */
const fakeClues = ({ since, host, target }: Problem): Clue[] => {
  if (target.kind !== 'hypervisor') return []
  const common = { project: null, actor: 'admin', failed: false }
  const subject = { kind: 'hypervisor', id: host ?? '', name: host }
  return [
    { ...common, kind: 'action', at: since - 240_000, what: 'compute.service.update', subject },
    {
      ...common,
      kind: 'migration',
      at: since - 660_000,
      what: 'instance.live_migration',
      subject: { kind: 'instance', id: 'i', name: 'db-2' },
      failed: true,
    },
    {
      ...common,
      kind: 'settings',
      at: since - 1_200_000,
      what: 'rules',
      subject: { kind: 'settings', id: 'rules', name: null },
      actor: null,
    },
  ]
}
