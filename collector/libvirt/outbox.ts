import type { Intake } from '../../model/contract.ts'
import type { CloudEvent } from '../../model/event.ts'

/** Events that wait to be journalled while the journal cannot: beyond this many the oldest are dropped and counted. */
const outboxLimit = 10_000

/** Events on their way to the journal. Outlives the connection that brought them. */
export class Outbox {
  #waiting: CloudEvent[] = []
  #dropped = 0

  get size(): number {
    return this.#waiting.length
  }

  /** Since start. */
  get dropped(): number {
    return this.#dropped
  }

  add(event: CloudEvent): void {
    this.#waiting.push(event)
    this.#bound()
  }

  /** Hands all over; what the journal refuses stays, in order, for the next time. */
  async deliver(intake: Intake): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await intake.events(batch.map((event) => ({ event, ignored: false, raw: null })))
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting]
      this.#bound()
      throw error
    }
  }

  #bound(): void {
    const excess = this.#waiting.length - outboxLimit
    if (excess <= 0) return
    this.#waiting.splice(0, excess)
    this.#dropped += excess
  }
}
