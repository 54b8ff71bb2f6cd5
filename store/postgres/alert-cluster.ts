/** This engine's part in a cluster of alerters on one PostgreSQL. */
import type { AlertCluster, CheckOrder, ClusterMember, EngineSeen } from '../../model/alert-cluster.ts'
import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/contract.ts'
import type { ResourceRef } from '../../model/event.ts'
import type { HealthBoard } from '../../model/health.ts'
import { slotOf, slots } from '../../model/slot.ts'
import { targetKey } from '../../model/strays.ts'
import { storable } from './conditions.ts'
import type { Postgres } from './connect.ts'
import { Following } from './follow.ts'
import { beat, leave } from './leases.ts'
import type { Membership } from './membership.ts'
import { channel, notify, peopleNotice } from './notices.ts'
import { Strays } from './strays.ts'

export interface ClusterDeps {
  postgres: Postgres
  own: Membership
  health: Pick<HealthBoard, 'report'>
  clock: Clock
  logger: Logger
}

/** Without a notice, others' news are looked for this often. */
const lookMs = 1000
const beatsPerLease = 4
/** Inventories are read every half minute, and what is new reaches each engine in its own time. */
const aloneMs = 5 * 60_000
/** Whoever gives an order waits this long to see it done. */
const patienceMs = 3000

export class PostgresCluster implements AlertCluster {
  readonly #deps: ClusterDeps
  #down = false
  #aloneSince: number | null = null
  readonly #strays: Strays

  constructor(deps: ClusterDeps) {
    this.#deps = deps
    this.#strays = new Strays(deps.postgres, deps.own, deps.clock)
  }

  owns(target: ResourceRef): boolean {
    return this.#deps.own.owns(target)
  }

  knownElsewhere(target: ResourceRef): boolean {
    return this.#deps.own.elsewhere.has(targetKey(target))
  }

  async run(member: ClusterMember, signal: AbortSignal): Promise<void> {
    const { postgres, own } = this.#deps
    const following = new Following(postgres, own)
    const news = new Bell()
    const hear = (notice: string | null) => {
      news.ring()
      // what is missed here is read by whoever looks ahead at shifts
      if (notice === null || notice === peopleNotice) void member.people().catch(() => undefined)
    }
    await Promise.all([
      postgres.listen(channel, hear, signal),
      this.#loop(own.leaseMs / beatsPerLease, signal, null, async () =>
        this.#reportEngines(await beat(postgres, own, this.#strays, member)),
      ),
      this.#loop(lookMs, signal, news, () => following.look(member)),
    ])
  }

  async leave(): Promise<void> {
    await leave(this.#deps.postgres, this.#deps.own).catch((error: Error) =>
      this.#deps.logger.warn(`the others take over when this engine's lease has run out: ${error.message}`),
    )
  }

  async order(target: ResourceRef, order: CheckOrder): Promise<void> {
    const { postgres, clock } = this.#deps
    const body = JSON.stringify(order, (_, value) => (typeof value === 'string' ? storable(value) : value))
    const [placed] = await postgres.query<{ id: number }>(
      'INSERT INTO check_order (slot, target, body) VALUES ($1, $2, $3) RETURNING id',
      [...[slotOf(target), targetKey(target), body]],
    )
    await notify(postgres.query)
    for (const until = clock.monotonic() + patienceMs; clock.monotonic() < until; ) {
      await clock.sleep(50)
      if ((await postgres.query('SELECT 1 FROM check_order WHERE id = $1', [placed?.id])).length === 0) return
    }
  }

  /** Tries until the signal is aborted; says once that it fails, and once that it works again. */
  async #loop(ms: number, signal: AbortSignal, bell: Bell | null, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#deps
    while (!signal.aborted) {
      try {
        await work()
        if (this.#down) logger.info('the alert journal answers again')
        this.#down = false
      } catch (error) {
        const { message } = error as Error
        if (!this.#down && !signal.aborted) logger.error(`${message}; trying on`, { error })
        this.#down = true
        this.#report('down', `${message}; checks pause until it does, nothing decided is lost`, {})
      }
      const over = new AbortController()
      const wake = AbortSignal.any([signal, over.signal])
      bell?.onRing(() => over.abort())
      await clock.sleep(ms, wake).catch(() => undefined) // there is news, or all is over
    }
  }

  #reportEngines(engines: readonly EngineSeen[]): void {
    const { own } = this.#deps
    const alive = engines.filter((one) => one.alive)
    const dead = engines.filter((one) => !one.alive)
    const owned = alive.reduce((sum, one) => sum + one.slots, 0)
    const words = [
      ...alive.map((one) => `${one.name}${one.id === own.id ? ' (this one)' : ''} ${one.slots} of ${slots} shares`),
      ...dead.map((one) => `${one.name} silent for ${Math.round(one.silentMs / 1000)} s`),
    ]
    const waits = alive.some((one) => one.slots === 0)
    const alone = this.#alone(alive)
    const troubled = owned < slots || alone !== null || dead.some(({ slots: held }) => held > 0)
    const remark = waits ? '; an engine without shares does not know all checks yet' : ''
    this.#report(troubled ? 'degraded' : 'ok', `${words.join(', ')}${remark}${alone === null ? '' : `; ${alone}`}`, {
      ...{ engines: alive.length, owned: own.owned.size, unowned: slots - owned, alone: own.strays.size },
    })
  }

  /** Targets that nobody could take over, if that goes on; at once those that nobody watches any more. */
  #alone(alive: readonly EngineSeen[]): string | null {
    const { abandoned } = this.#strays
    const now = this.#deps.clock.monotonic()
    const lonely = alive.filter((one) => one.alone > 0)
    this.#aloneSince = lonely.length === 0 ? null : (this.#aloneSince ?? now)
    const lasts = this.#aloneSince !== null && now - this.#aloneSince >= aloneMs
    const words = [
      ...(abandoned > 0 ? [`${abandoned} targets are not watched: only an engine that is gone knew them`] : []),
      ...(lasts
        ? lonely.map(({ name, alone }) => `${alone} targets are watched by ${name}, and their owner does not know them`)
        : []),
    ]
    return words.length === 0 ? null : `${words.join('; ')}: do all engines collect from the same places?`
  }

  #report(state: 'ok' | 'degraded' | 'down', detail: string, numbers: Record<string, number>): void {
    this.#deps.health.report({ component: 'alert journal', kind: 'journal', state, detail, numbers })
  }
}

/** Wakes whoever waits; a ring that nobody waits for is kept for the next one. */
class Bell {
  #rung = false
  #wake: (() => void) | null = null

  ring(): void {
    if (this.#wake) this.#wake()
    else this.#rung = true
    this.#wake = null
  }

  onRing(wake: () => void): void {
    if (this.#rung) wake()
    else this.#wake = wake
    this.#rung = false
  }
}
