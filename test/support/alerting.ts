/** What the alerter needs around it in tests: a real journal on disk, the real health board, a small cloud. */
import { acknowledgeLinks } from '../../alerter/acknowledge-link.ts'
import { createAlerter } from '../../alerter/engine.ts'
import { linkMaker } from '../../alerter/link-maker.ts'
import { type People, peopleOf } from '../../alerter/people.ts'
import { allRules, rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import { createRender } from '../../cli/render.ts'
import { healthBoard } from '../../collector/health.ts'
import { load } from '../../config/load.ts'
import type { Clock } from '../../model/clock.ts'
import type { ChangeJournal } from '../../model/clue.ts'
import type { Budgets, Change, NotifierContext, Plugin, Programs } from '../../model/contract.ts'
import type { LabelSource } from '../../model/labels.ts'
import type { OnCallJournal } from '../../model/on-call.ts'
import type { Hypervisor, Instance } from '../../model/resource.ts'
import type { TopologyFacts } from '../../model/topology.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { type Database, openDatabase } from '../../store/journal/database.ts'
import { onCallJournal } from '../../store/journal/on-call.ts'
import { SamplesInMemory } from './samples-in-memory.ts'
import { silentLogger } from './silent-logger.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

export const render: NotifierContext<unknown>['render'] = createRender()

/** Links to acknowledge are signed with this. */
export const links = acknowledgeLinks(Buffer.alloc(32, 7))

/** An instance as the inventory has it. */
export function instance(id: string, over: Partial<Instance> = {}): Instance {
  return {
    ...{ id, name: id, project: 'p1', user: 'u1', flavor: null, host: 'hv-1', domain: null, image: null, state: 'active' },
    ...{ addresses: [], createdAt: 0, launchedAt: 0, terminatedAt: null, source: 'event', updatedAt: 0 },
    ...over,
  }
}

/** An inventory that holds what a test puts into it. */
export class FakeInventory {
  all: Instance[] = []
  hosts: Hypervisor[] = []
  broken: Error | null = null
  async instances(_scope: unknown, { limit, offset = 0 }: { limit: number; offset?: number }) {
    if (this.broken) throw this.broken
    return { rows: this.all.slice(offset, offset + limit), total: this.all.length }
  }
  async hypervisors() {
    return this.hosts
  }
}

export interface Scene {
  clock: Clock
  store: SamplesInMemory
  inventory: FakeInventory
  health: ReturnType<typeof healthBoard>
  logger: ReturnType<typeof silentLogger>
  changes: Change[]
  journal: ReturnType<typeof alertJournal>
  commands: ReturnType<typeof createAlerter>['commands']
  checkNow: ReturnType<typeof createAlerter>['checkNow']
  results: ReturnType<typeof createAlerter>['results']
  onCall: People
  calendars: OnCallJournal
  /** Moves time on, second by second where work on sockets has to be given its turn. */
  pass(ms: number): Promise<void>
  /** The engine ends and its journal is closed. */
  stop(): Promise<void>
  /** A new engine on the same journal, clock and cloud. */
  restart(): Promise<void>
}

export interface SceneOptions {
  directory: string
  rules: string
  section?: string
  plugins: readonly Plugin[]
  budgets?: Budgets
  topology?: () => Promise<TopologyFacts>
  clues?: ChangeJournal
  /** Default: no commands are run. */
  programs?: Programs
  labels?: LabelSource
  /** Default: a virtual one. With sockets in play, time has to be real. */
  clock?: Clock
}

/** The YAML of a rules file or an alerter section, checked. */
export function checked<S extends Parameters<typeof load>[1]>(text: string, schema: S) {
  const loaded = load(text, schema)
  if (loaded.ok) return loaded.value
  throw new Error(loaded.errors.map((error) => `${error.line}:${error.column} ${error.path}: ${error.message}`).join('\n'))
}

/** An alerter at work. */
export async function scene({
  directory,
  rules,
  section = '{}',
  plugins,
  budgets,
  topology,
  clues,
  programs,
  labels,
  clock: given,
}: SceneOptions): Promise<Scene> {
  const virtual = new VirtualClock()
  const clock = given ?? virtual
  const parts = {
    ...{ clock, store: new SamplesInMemory(), inventory: new FakeInventory(), health: healthBoard(clock) },
    ...{ logger: silentLogger(), changes: [] as Change[] },
  }
  const config = checked(section, alerterSection(plugins))
  const parsed = allRules(checked(rules, rulesSchema(plugins)))
  let running: { db: Database; stop: AbortController; done: Promise<void> } | null = null
  const living = {} as Pick<Scene, 'journal' | 'commands' | 'checkNow' | 'results' | 'onCall' | 'calendars'>
  const start = async () => {
    const db = openDatabase(directory)
    living.journal = alertJournal(db)
    const { journal } = living
    const live = { publish: (change: Change) => void parts.changes.push(change) }
    living.calendars = onCallJournal(db)
    living.onCall = peopleOf(config, living.calendars, clock)
    const alerter = createAlerter(config, {
      ...parts,
      people: living.onCall,
      acknowledgeLink: linkMaker(config, links, 'https://specola.example', clock),
      journal,
      live,
      plugins,
      rules: parsed,
      render,
      ...(budgets && { budgets }),
      ...(topology && { topology }),
      ...(clues && { clues }),
      ...(programs && { programs }),
      ...(labels && { labels }),
    })
    living.commands = alerter.commands
    living.checkNow = alerter.checkNow
    living.results = alerter.results
    const stop = new AbortController()
    running = { db, stop, done: alerter.run(stop.signal) }
    await settled()
  }
  const stop = async () => {
    running?.stop.abort(new Error('stopped'))
    await running?.done
    running?.db.close()
    running = null
  }
  await start()
  return Object.defineProperties(
    {
      ...parts,
      pass: (ms: number) => virtual.advance(ms),
      stop,
      restart: async () => {
        await stop()
        await start()
      },
    },
    Object.fromEntries(
      (['journal', 'commands', 'checkNow', 'results', 'onCall', 'calendars'] as const).map((key) => [
        key,
        { get: () => living[key] },
      ]),
    ),
  ) as unknown as Scene
}
