import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import { LibvirtClient } from './client.ts'

/** The daemon serves five calls of one connection at once by default; with three stuck the connection is as good as lost. */
const orphansPerConnection = 3

/** Each stuck call holds one of the daemon's twenty workers, whatever connection it came from; Nova needs them too. */
const orphansInAll = 8

/**
 * The connections for calls that make QEMU answer, and so may hang. One is in use; one with too many stuck calls is left open
 * until those return, because closing it would free nothing over there and make us forget them.
 */
export class MonitorConnections {
  readonly #uri: string
  readonly #clock: Clock
  readonly #timeoutMs: number
  #current: Promise<LibvirtClient> | null = null
  #retired: LibvirtClient[] = []
  #inUse: LibvirtClient | null = null
  #over = false

  constructor(uri: string, options: { clock: Clock; timeoutMs: number }) {
    this.#uri = uri
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
  }

  /** Calls that timed out and are still being worked on over there. */
  get orphans(): number {
    return [this.#inUse, ...this.#retired].reduce((count, client) => count + (client?.orphans ?? 0), 0)
  }

  /** A connection with room for calls. Throws AppError('unreachable') when too many are stuck already. */
  async use(): Promise<LibvirtClient> {
    this.#settle()
    if (this.orphans >= orphansInAll)
      throw new AppError('unreachable', `${this.orphans} calls are stuck in QEMUs that do not answer`)
    this.#current ??= LibvirtClient.open(this.#uri, { clock: this.#clock, timeoutMs: this.#timeoutMs })
    try {
      const client = await this.#current
      if (this.#over) client.close() // whoever waits for it learns so from the call
      this.#inUse = client
      return client
    } catch (error) {
      this.#current = null
      throw error
    }
  }

  close(): void {
    this.#over = true
    for (const client of [this.#inUse, ...this.#retired]) client?.close()
    this.#retired = []
  }

  #settle(): void {
    const done = (client: LibvirtClient) => client.closed || client.orphans === 0
    for (const client of this.#retired) if (done(client)) client.close()
    this.#retired = this.#retired.filter((client) => !client.closed)
    if (this.#inUse === null) return
    if (this.#inUse.orphans >= orphansPerConnection) this.#retired.push(this.#inUse)
    else if (!this.#inUse.closed) return
    this.#inUse = null
    this.#current = null
  }
}
