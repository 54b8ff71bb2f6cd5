/** What people tell the alerter. */
import type { Scope } from '../model/access.ts'
import type { Acknowledgement } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import type { AlertCommands, AlertJournal, Live } from '../model/contract.ts'
import type { AlertBatch } from '../model/tracked-check.ts'
import { hearsOf } from './contacts.ts'
import { emptyBatch, notificationTo } from './judge.ts'
import { problemOf } from './problem.ts'
import type { Entry, Registry } from './registry.ts'
import type { AlerterConfig } from './section.ts'

export interface CommandDeps {
  config: AlerterConfig
  journal: Pick<AlertJournal, 'check'>
  live: Pick<Live, 'publish'>
  clock: Clock
  registry: () => Registry | null
  commit(batch: AlertBatch): Promise<void>
}

export function alertCommands(deps: CommandDeps): AlertCommands {
  const { config, journal, live, clock, commit } = deps

  /** The scope is applied by the journal's query, then the living entry is taken. */
  async function find(scope: Scope, id: string): Promise<Entry | null> {
    if ((await journal.check(scope, id)) === null) return null
    const entry = deps.registry()?.entries.get(id)
    return entry && entry.stored.state.state !== 'ok' ? entry : null
  }

  async function change(entry: Entry, acknowledgement: Acknowledgement | null): Promise<void> {
    entry.stored = { ...entry.stored, acknowledgement }
    const batch = emptyBatch()
    batch.checks.push(entry.stored)
    if (acknowledgement) batch.notifications.push(...tellOthers(entry, acknowledgement))
    await commit(batch)
    const { id, project, state } = entry.stored
    live.publish({ kind: 'problem', check: id, project, state: state.state, hard: state.hard })
  }

  /** Those who heard of the problem hear that somebody took it, so that they need not. */
  function tellOthers({ stored, target, rule }: Entry, { time }: Acknowledgement) {
    if (stored.told.states.length === 0) return []
    const problem = problemOf(stored)
    const said = { kind: 'acknowledgement', problem, transition: null, instances: null, time } as const
    return config.contacts
      .filter((contact) => hearsOf(contact, { project: target.project, rule: rule.name }))
      .filter(({ states }) => stored.told.states.some((state) => (states as readonly string[]).includes(state)))
      .flatMap((contact) =>
        Object.entries(contact.addresses).map(([notifier, to]) => notificationTo(config, { contact, notifier, to }, said)),
      )
  }

  return {
    async acknowledge(scope, id, by, comment, sticky) {
      const entry = await find(scope, id)
      if (!entry) return false
      await change(entry, { author: by, comment, time: clock.now(), sticky })
      return true
    },
    async unacknowledge(scope, id) {
      const entry = await find(scope, id)
      if (!entry || entry.stored.acknowledgement === null) return false
      await change(entry, null)
      return true
    },
  }
}
