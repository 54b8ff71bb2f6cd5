import { AppError } from '../../model/contract.ts'
import type { LibvirtClient } from './client.ts'
import type { Procedure } from './procedures.ts'

/** With three stuck calls a connection is not used for more: the daemon serves five of one connection at once by default. */
const stuckPerConnection = 3
const callsPerConnection = 5

/**
 * Each stuck call holds one of the daemon's twenty workers, whatever connection it came from, and Nova needs them too. Those
 * that are not suspected get a little more room than those that are.
 */
const stuckInAll = { usual: 12, suspect: 8 } as const

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
  #lines: Line[] = []
  #over = false

  constructor(open: () => Promise<LibvirtClient>) {
    this.#open = open
  }

  /** Calls that timed out and are still being worked on over there. */
  get orphans(): number {
    return this.#lines.reduce((count, { client }) => count + (client?.orphans ?? 0), 0)
  }

  /** As `LibvirtClient.call`; throws TooManyStuck without calling when it may not. */
  async call<A, R>(procedure: Procedure<A, R>, args: A, risk: Risk): Promise<R> {
    const stuck = this.orphans
    if (stuck >= stuckInAll[risk]) throw new TooManyStuck(stuck)
    const line = this.#withRoom()
    line.inFlight++
    try {
      const client = await line.opening
      if (this.#over) client.close() // whoever waits for it learns so from the call
      return await client.call(procedure, args)
    } finally {
      line.inFlight--
    }
  }

  close(): void {
    this.#over = true
    for (const { client } of this.#lines) client?.close()
    this.#lines = []
  }

  #withRoom(): Line {
    this.#lines = this.#lines.filter(({ client }) => !client?.closed)
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

  /** One connection is enough as long as nothing is stuck. */
  #closeSpare(used: Line): void {
    for (const line of this.#lines)
      if (line !== used && line.client !== null && line.inFlight === 0 && line.client.orphans === 0) line.client.close()
  }
}
