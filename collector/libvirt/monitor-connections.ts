import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { LibvirtClient } from './client.ts'
import type { Procedure } from './procedures.ts'

/**
 * The daemon serves five calls of one connection at once by default, and with five stuck does not even read our pings. So no
 * connection is given more than four, and none that has three stuck is given another.
 */
const stuckPerConnection = 3
const callsPerConnection = 4

/**
 * One call at a time as soon as two are stuck. libvirtd starts with five workers and adds one for a call that finds none free,
 * but (9.0: `freeWorkers - jobQueueDepth` is unsigned) none at all while another call waits: a burst that meets only stuck
 * workers shuts the daemon to everybody until they come back.
 */
const callsAtOnce = (stuck: number) => (stuck >= 2 ? 1 : 3)

/** Calls of a connection that we had to give up are believed stuck for so long. */
const abandonedForMs = 300_000

/**
 * Each stuck call holds one of the daemon's twenty workers, whatever connection it came from, and Nova needs them too. Those
 * that are not suspected get a little more room than those that are.
 */
const stuckInAll = { usual: 10, suspect: 7 } as const

export type Risk = keyof typeof stuckInAll

/** So many calls are stuck that no more are made. */
export class TooManyStuck extends AppError {
  constructor(stuck: number) {
    super('unreachable', `${stuck} calls are stuck in QEMUs that do not answer; no more are made`)
    this.name = 'TooManyStuck'
  }
}

interface Line {
  client: LibvirtClient | null
  opening: Promise<LibvirtClient>
  inFlight: number
}

/**
 * The connections for calls that make QEMU answer, and so may hang. A connection with stuck calls stays open until they
 * return: closing it would free nothing over there, and make us forget them. Outlives the session that polls.
 */
export class MonitorConnections {
  readonly #open: () => Promise<LibvirtClient>
  readonly #clock: Clock
  #lines: Line[] = []
  #abandoned: { calls: number; until: number }[] = []
  #over = false
  #inFlight = 0
  #waiting: (() => void)[] = []

  constructor(open: () => Promise<LibvirtClient>, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  /** Calls that timed out and are still being worked on over there. */
  get orphans(): number {
    this.#forgetClosed()
    const abandoned = this.#abandoned.reduce((count, { calls }) => count + calls, 0)
    return this.#lines.reduce((count, { client }) => count + (client?.orphans ?? 0), abandoned)
  }

  /** As `LibvirtClient.call`; throws TooManyStuck without calling when it may not. */
  async call<A, R>(procedure: Procedure<A, R>, args: A, risk: Risk): Promise<R> {
    while (this.#inFlight >= callsAtOnce(this.orphans)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const stuck = this.orphans
    if (stuck >= stuckInAll[risk]) throw new TooManyStuck(stuck)
    this.#inFlight++
    const line = this.#withRoom()
    line.inFlight++
    try {
      const client = await line.opening
      if (this.#over) client.close() // whoever waits for it learns so from the call
      return await client.call(procedure, args)
    } finally {
      line.inFlight--
      this.#inFlight--
      for (const wake of this.#waiting.splice(0)) wake()
    }
  }

  close(): void {
    this.#over = true
    for (const { client } of this.#lines) client?.close()
    this.#lines = []
  }

  #withRoom(): Line {
    const found = this.#lines.find(({ client, inFlight }) => {
      const stuck = client?.orphans ?? 0
      return stuck < stuckPerConnection && stuck + inFlight < callsPerConnection
    })
    if (found) {
      this.#closeSpare(found)
      return found
    }
    const opening = this.#open()
    const line: Line = { client: null, opening, inFlight: 0 }
    this.#lines.push(line)
    opening.then(
      (client) => {
        line.client = client
      },
      () => {
        this.#lines = this.#lines.filter((other) => other !== line)
      },
    )
    return line
  }

  #forgetClosed(): void {
    const now = this.#clock.monotonic()
    for (const { client } of this.#lines)
      if (client?.closed && client.abandoned > 0) this.#abandoned.push({ calls: client.abandoned, until: now + abandonedForMs })
    this.#lines = this.#lines.filter(({ client }) => !client?.closed)
    this.#abandoned = this.#abandoned.filter(({ until }) => until > now)
  }

  /** One connection is enough as long as nothing is stuck. */
  #closeSpare(used: Line): void {
    for (const line of this.#lines)
      if (line !== used && line.client !== null && line.inFlight === 0 && line.client.orphans === 0) line.client.close()
  }
}
