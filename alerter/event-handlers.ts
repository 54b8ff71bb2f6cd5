/**
 * Event handlers: commands that run because a state changed, as Nagios runs them. A change is on disk before its handler starts, and a
 * handler that a crash cuts off is not run again: at most once. Those of one check run one after the other.
 */

import type { NotificationRecord } from '../model/check.ts'
import { exitCode, states } from '../model/check.ts'
import type { Clock } from '../model/clock.ts'
import { expand, type Lookup, shellCommand } from '../model/command-macros.ts'
import type { Logger, ProgramEnd, Programs } from '../model/contract.ts'
import { checkMacro, hostIds, hostWords } from './check-macros.ts'
import type { CommandsConfig } from './commands-section.ts'
import type { EventHandler } from './handler-field.ts'
import type { Handling } from './handling.ts'
import { type Collected, emptyBatch } from './judge.ts'
import type { OrderedCommits } from './ordered-commits.ts'
import type { Entry, Registry } from './registry.ts'

/** What they need of a running engine. */
interface Running {
  config: { commands: CommandsConfig }
  deps: { programs?: Programs; clock: Clock; logger: Logger }
  around: { registry: Pick<Registry, 'of'> }
  commits: Pick<OrderedCommits, 'commit'>
}

/** Of one check, no more than this wait. */
const mostWaiting = 10
const longestText = 200
const leaveMs = 2000

export class EventHandlers {
  readonly #waiting = new Map<string, number>()
  readonly #last = new Map<string, Promise<void>>()

  /** Call when the batch is on disk. `refused`: checks that belong to another engine. */
  start(running: Running, { handling }: Pick<Collected, 'handling'>, refused: readonly string[]): void {
    if (running.config.commands.eventHandlers === false) return
    for (const one of handling) {
      const { stored, rule } = one.entry
      if (refused.includes(stored.id)) continue
      for (const handler of rule.handlers) if (handler.on === 'every-change' || one.hard) this.#queue(running, handler, one)
    }
  }

  /** Resolves when none is under way, or after a moment: what still runs then is ended with all programs. */
  async settled(clock: Clock): Promise<void> {
    if (this.#last.size === 0) return
    await Promise.race([Promise.allSettled([...this.#last.values()]), clock.sleep(leaveMs)])
  }

  #queue(running: Running, handler: EventHandler, handling: Handling): void {
    const { id } = handling.entry.stored
    const waiting = this.#waiting.get(id) ?? 0
    if (waiting >= mostWaiting) {
      void record(running, handler, handling, { how: 'lost', reason: `${waiting} changes already wait for their handlers` })
      return
    }
    this.#waiting.set(id, waiting + 1)
    const mine = (this.#last.get(id) ?? Promise.resolve())
      .then(() => run(running, handler, handling))
      .then((end) => record(running, handler, handling, end))
      .catch((error: Error) => running.deps.logger.error(`an event handler: ${error.message}`, { error }))
      .finally(() => {
        const left = (this.#waiting.get(id) ?? 1) - 1
        if (left > 0) this.#waiting.set(id, left)
        else this.#waiting.delete(id)
        if (this.#last.get(id) === mine) this.#last.delete(id)
      })
    this.#last.set(id, mine)
  }
}

async function run({ deps, config, around }: Running, handler: EventHandler, handling: Handling): Promise<ProgramEnd> {
  if (!deps.programs) return { how: 'lost', reason: 'no commands are run here' }
  const now = deps.clock.now()
  const sources = { registry: around.registry, macros: config.commands.macros, now }
  const lookup: Lookup = (name) => handlerMacro(handling, name) ?? checkMacro(handling.entry as Entry, name, sources)
  const { command, environment, timeoutMs } = handler
  return deps.programs.run({
    command: typeof command === 'string' ? shellCommand(command, lookup) : command.map((word) => expand(word, lookup)),
    timeoutMs,
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, expand(value, lookup)])),
  })
}

/** What handlers have beyond checks: how the state was reached, and what it was before. */
function handlerMacro({ entry: { rule, stored }, hard, attempt, was }: Handling, name: string): string | undefined {
  const host = rule.device?.host === true
  const of = host ? 'HOST' : 'SERVICE'
  const values: Record<string, string> = {
    [`${of}STATETYPE`]: hard ? 'HARD' : 'SOFT',
    [`${of}ATTEMPT`]: String(attempt),
    [`LAST${of}STATE`]: host ? hostWords[was] : (states[exitCode(was)] ?? 'unknown').toUpperCase(),
    [`LAST${of}STATEID`]: host ? hostIds[was] : String(exitCode(was)),
    [`LONG${of}OUTPUT`]: stored.longOutput ?? '',
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** What became of it stands among the decisions on the check. Arguments may hold passwords: only the program is named. */
async function record(
  { deps, commits }: Running,
  { command }: EventHandler,
  { entry }: Handling,
  end: ProgramEnd,
): Promise<void> {
  const { stored } = entry
  const program = typeof command === 'string' ? '/bin/sh' : (command[0] as string)
  const well = end.how === 'exited' && end.code === 0
  const one: NotificationRecord = {
    ...{
      check: stored.id,
      time: deps.clock.now(),
      kind: 'handler',
      state: stored.state.state,
      contact: '',
      notifier: 'event-handler',
    },
    ...{ outcome: well ? 'sent' : 'failed', reason: `${program}: ${endText(end)}`, attempts: 1 },
  }
  if (!well) deps.logger.warn(`event handler of ${stored.rule} on ${stored.targetName ?? stored.target.id}: ${one.reason}`)
  await commits.commit({ ...emptyBatch(), held: [one] })
}

function endText(end: ProgramEnd): string {
  switch (end.how) {
    case 'exited': {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
      const said = (end.output.trim() || end.errors.trim()).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
      return `exit code ${end.code}${said === '' ? '' : `: ${said.slice(0, longestText)}`}`
    }
    case 'timeout':
      return `ended after ${Math.round(end.afterMs / 1000)} s, with all that it had started`
    case 'flooded':
      return `ended: it printed ${end.bytes} bytes`
    case 'lost':
      return `not run: ${end.reason}`
  }
}
