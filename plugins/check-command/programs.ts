/** Programs of others, run by resident helpers: as many as are needed at once, within a limit. */
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, every } from '../../model/clock.ts'
import { AppError, type Logger, type ProgramCall, type ProgramEnd, type Programs } from '../../model/contract.ts'
import { type Helper, startHelper } from './resident-shell.ts'

export interface ProgramsConfig {
  /** Whom programs run as; null = as Specola itself. Only root can change that. */
  user: string | null
  /** All that they inherit, but for `PATH` and `LANG`. */
  environment: Readonly<Record<string, string>>
  /** Most programs at once. */
  atOnce: number
}

export interface OpenPrograms extends Programs {
  /** Ends what runs. */
  close(): Promise<void>
}

interface Waiting {
  call: ProgramCall
  done(end: ProgramEnd): void
}

interface Busy {
  helper: Helper
  deadline: number
  timeoutMs: number
}

/** How precisely timeouts are kept, ms. */
const sweepMs = 100
/** A helper is replaced after so many programs: whatever they left behind goes with it. */
const mostRuns = 5000
const inherited = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/** Nothing is started before the first call. Throws AppError('config') when the user cannot be had. */
export function openPrograms(config: ProgramsConfig, deps: { clock: Clock; logger: Logger }): OpenPrograms {
  return new HelperPool(config, deps)
}

class HelperPool implements OpenPrograms {
  readonly #config: ProgramsConfig
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #become: { words: readonly string[]; uid: number; gid: number } | null
  readonly #closed = new AbortController()
  readonly #waiting: Waiting[] = []
  readonly #idle: Helper[] = []
  readonly #busy = new Set<Busy>()
  readonly #runs = new Map<Helper, number>()
  #directory: string | null = null
  #starting = false
  #sweeping: Promise<void> | null = null

  constructor(config: ProgramsConfig, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#config = config
    this.#clock = clock
    this.#logger = logger
    this.#become = config.user === null ? null : becoming(config.user)
  }

  run(call: ProgramCall): Promise<ProgramEnd> {
    const wrong = wrongIn(call)
    if (wrong !== null) return Promise.resolve({ how: 'lost', reason: wrong })
    if (this.#closed.signal.aborted) return Promise.resolve({ how: 'lost', reason: 'Specola is stopping' })
    return new Promise((done) => {
      this.#waiting.push({ call, done })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('closed'))
    for (const { done } of this.#waiting.splice(0)) done({ how: 'lost', reason: 'Specola is stopping' })
    for (const helper of this.#idle) helper.retire()
    await Promise.all([...this.#busy].map(({ helper }) => helper.end({ how: 'lost', reason: 'Specola is stopping' })))
    await this.#sweeping
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true })
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const helper = this.#idle.pop()
      if (!helper) return void this.#grow()
      if (helper.usable) this.#give(helper, this.#waiting.shift() as Waiting)
      else this.#drop(helper)
    }
  }

  #give(helper: Helper, { call, done }: Waiting): void {
    this.#sweeping ??= every(this.#clock, sweepMs, this.#closed.signal, async () => this.#sweep())
    const { command, timeoutMs, environment } = call
    const busy: Busy = { helper, deadline: this.#clock.monotonic() + timeoutMs, timeoutMs }
    this.#busy.add(busy)
    void helper.run(command, environment ?? {}).then((end) => {
      this.#busy.delete(busy)
      const runs = (this.#runs.get(helper) ?? 0) + 1
      this.#runs.set(helper, runs)
      if (helper.usable && runs < mostRuns) this.#idle.push(helper)
      else this.#drop(helper)
      done(end)
      this.#next()
    })
  }

  #drop(helper: Helper): void {
    this.#runs.delete(helper)
    helper.retire()
  }

  #sweep(): void {
    const now = this.#clock.monotonic()
    for (const { helper, deadline, timeoutMs } of this.#busy)
      if (now >= deadline) void helper.end({ how: 'timeout', afterMs: now - deadline + timeoutMs })
  }

  /** One after the other: while a helper starts, those that are there may get through what waits. */
  async #grow(): Promise<void> {
    if (this.#starting || this.#busy.size + this.#idle.length >= this.#config.atOnce) return
    this.#starting = true
    try {
      const helper = await startHelper({
        directory: this.#place(),
        become: this.#become?.words ?? [],
        environment: { ...inherited, ...this.#config.environment },
      })
      if (this.#closed.signal.aborted) return helper.retire()
      this.#idle.push(helper)
    } catch (error) {
      const reason = `no command can be run: ${(error as Error).message}`
      this.#logger.error(reason, { error })
      // With others at work what waits is only later; without any it would wait for ever.
      if (this.#busy.size === 0) for (const { done } of this.#waiting.splice(0)) done({ how: 'lost', reason })
    } finally {
      this.#starting = false
    }
    // The first ones as fast as they come; beyond the processors only while something waits for those that wait themselves.
    if (this.#busy.size + this.#idle.length > availableParallelism()) await new Promise((soon) => setImmediate(soon))
    this.#next()
  }

  #place(): string {
    if (this.#directory === null) {
      if (process.getuid?.() === 0 && this.#become === null)
        this.#logger.warn('commands run as root: alerter.commands.user names a user that may do less')
      this.#directory = mkdtempSync(join(tmpdir(), 'specola-commands-'))
      if (this.#become) chownSync(this.#directory, this.#become.uid, this.#become.gid)
    }
    return this.#directory
  }
}

/** Why this cannot be run at all. */
function wrongIn({ command, environment = {} }: ProgramCall): string | null {
  const [program = ''] = command
  if (!program.startsWith('/')) return `the program "${program}" is not named with its whole path`
  if (command.some((word) => word.includes('\0'))) return 'an argument holds the character NUL'
  const name = Object.keys(environment).find((one) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(one))
  if (name !== undefined) return `"${name}" is no name of an environment variable`
  return Object.values(environment).some((value) => value.includes('\0')) ? 'a variable holds the character NUL' : null
}

/** With all the groups that the user is in; setuid plugins keep working. */
function becoming(user: string): { words: readonly string[]; uid: number; gid: number } {
  const ask = (flag: string) => Number(execFileSync('id', [flag, '--', user], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
  let ids: { uid: number; gid: number }
  try {
    ids = { uid: ask('-u'), gid: ask('-g') }
  } catch {
    throw new AppError('config', `alerter.commands.user: there is no user "${user}" on this machine`)
  }
  if (process.getuid?.() === ids.uid) return { words: [], ...ids }
  if (process.getuid?.() !== 0)
    throw new AppError('config', `alerter.commands.user: only root can run commands as "${user}"; leave it out, or start as root`)
  return { words: ['setpriv', `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--init-groups', '--'], ...ids }
}
