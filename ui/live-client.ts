import type { Response } from 'express'
import type { Clock } from '../model/clock.ts'
import type { Change, Logger } from '../model/contract.ts'
import { type Fragment, visitOf } from './fragment.ts'
import type { Visit } from './visit.ts'

/** A browser that does not read is dropped: it connects again and asks for everything anew. */
const unreadAtMost = 1 << 20
/** Changes are gathered this long before a client is told, so that a burst is one message. */
const gatherMs = 50

/** What all clients of a hub share. */
export interface LiveTools {
  clock: Clock
  logger: Logger
  fragments: ReadonlyMap<string, Fragment>
  render(fragment: Fragment, visit: Visit): Promise<string>
  /** Position of the newest change. */
  version(): string
}

/** One open page: which of its parts are out of date, and the loop that draws them. Bounded: one pending redraw per topic. */
export class LiveClient {
  readonly account: string
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #response: Response
  readonly #topics: readonly string[]
  readonly #tools: LiveTools
  readonly #dirty: Set<string>
  readonly #sentAt = new Map<string, number>()
  #visit: Visit
  /** The last position at which nothing was out of date: where a broken stream goes on from. */
  #upTo: string
  #wake = () => {}

  constructor(visit: Visit, response: Response, topics: readonly string[], since: string | null, tools: LiveTools) {
    this.account = visit.viewer.account
    this.signal = this.#abort.signal
    this.#visit = visit
    this.#response = response
    this.#tools = tools
    this.#topics = topics.filter((topic) => {
      const fragment = this.#fragment(topic)
      return fragment !== undefined && visit.can(...fragment.access)
    })
    this.#dirty = new Set(since === tools.version() ? [] : this.#topics)
    this.#upTo = since ?? ''
  }

  /** Notes which parts a change concerns. */
  mark(change: Change): void {
    for (const topic of this.#topics) {
      if (this.#dirty.has(topic)) continue
      const { visit } = visitOf(topic, this.#visit, this.#tools.clock.now())
      if (this.#fragment(topic)?.wakes(change, visit)) this.#dirty.add(topic)
    }
    if (this.#dirty.size > 0) this.#wake()
  }

  /** A sign of life, and the account as it is now; null says goodbye. */
  beat(visit: Visit | null): void {
    if (visit) this.#visit = visit
    this.#send(visit ? 'beat' : 'bye', { time: this.#tools.clock.now() })
    if (!visit) this.drop()
  }

  /** Draws what is out of date until the client leaves. */
  async serve(): Promise<void> {
    while (!this.signal.aborted) {
      const wait = this.#due()
      if (wait === null) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      await this.#tools.clock.sleep(Math.max(wait, gatherMs), this.signal)
      for (const topic of [...this.#dirty]) if (this.#wait(topic) === 0) await this.#draw(topic)
    }
  }

  drop(): void {
    if (this.signal.aborted) return
    this.#abort.abort(new Error('the client left'))
    this.#wake()
    this.#response.end()
  }

  async #draw(topic: string) {
    this.#dirty.delete(topic)
    this.#sentAt.set(topic, this.#tools.clock.monotonic())
    const fragment = this.#fragment(topic)
    const { name, visit } = visitOf(topic, this.#visit, this.#tools.clock.now())
    // The role may have changed since the stream was opened.
    if (!fragment || !visit.can(...fragment.access)) return
    try {
      const html = name === 'series' ? undefined : await this.#tools.render(fragment, visit)
      this.#send(html === undefined ? 'sample' : 'state', { topic, html })
    } catch (error) {
      // One failed panel never blanks the page: the browser shows that this one is not live.
      this.#tools.logger.warn('a live fragment could not be drawn', { topic: name, error: String(error) })
      this.#send('failed', { topic })
    }
  }

  #send(event: string, data: unknown) {
    if (this.#dirty.size === 0) this.#upTo = this.#tools.version()
    this.#response.write(`id: ${this.#upTo}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (this.#response.writableLength > unreadAtMost) this.#response.destroy()
  }

  /** Milliseconds until the first part that is out of date may be sent; null when nothing waits. */
  #due(): number | null {
    const waits = [...this.#dirty].map((topic) => this.#wait(topic))
    return waits.length === 0 ? null : Math.min(...waits)
  }

  #wait(topic: string): number {
    const last = this.#sentAt.get(topic)
    if (last === undefined) return 0
    return Math.max(0, last + (this.#fragment(topic)?.everyMs ?? 1000) - this.#tools.clock.monotonic())
  }

  #fragment(topic: string): Fragment | undefined {
    return this.#tools.fragments.get(topic.split('?', 1)[0] as string)
  }
}
