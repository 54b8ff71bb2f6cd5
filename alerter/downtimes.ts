/** Planned downtimes of a running engine: those that people scheduled, and those that come again by the configuration. */
import { cancel, type Downtime, type DowntimeTurn, nextTurn, turn, waits } from '../model/downtime.ts'
import { concerns } from '../model/target-filter.ts'
import { within } from '../model/time-period.ts'
import type { DowntimeWindow } from './planning-section.ts'
import type { Entry } from './registry.ts'

/** What a downtime can be for: one check, or all checks of a target. */
export const subjectOfCheck = (id: string) => `check:${id}`
export const subjectOfTarget = ({ kind, id }: { kind: string; id: string }) => `${kind}:${id}`

const subjectsOf = ({ stored, target }: Entry) => [subjectOfCheck(stored.id), subjectOfTarget(target)]
/** What an instance runs on. */
const subjectsBelow = ({ target }: Entry) =>
  target.kind === 'instance' && target.host ? [subjectOfTarget({ kind: 'hypervisor', id: target.host })] : []

export class Downtimes {
  #all: Downtime[]
  readonly #windows: readonly DowntimeWindow[]

  constructor(kept: readonly Downtime[], windows: readonly DowntimeWindow[]) {
    this.#all = [...kept]
    this.#windows = windows
  }

  /** What another engine planned, began or ended counts here too. */
  replace(kept: readonly Downtime[]): void {
    this.#all = [...kept]
  }

  add(downtime: Downtime): void {
    this.#all.push(downtime)
  }

  find(id: string): Downtime | undefined {
    return this.#all.find((one) => one.id === id)
  }

  cancel(id: string): DowntimeTurn[] {
    const { left, turns } = cancel(this.#all, id)
    this.#all = left
    return turns
  }

  /** Everything whose turn has come, at `at`: begins and ends, with what begins and ends with it. Only what is `mine`. */
  takeDue(now: number, mine: (downtime: Downtime, at: number) => boolean = () => true): DowntimeTurn[] {
    const turns: DowntimeTurn[] = []
    const isDue = (one: Downtime) => {
      const at = nextTurn(one)
      return at !== null && at <= now && mine(one, at)
    }
    for (;;) {
      const due = this.#all.find(isDue)
      if (!due) return turns
      const taken = turn(this.#all, due.id, now)
      this.#all = taken.left
      turns.push(...taken.turns)
    }
  }

  /** A problem of this check: the flexible downtimes that waited for one begin. */
  beginFlexible(entry: Entry, now: number): DowntimeTurn[] {
    const turns: DowntimeTurn[] = []
    const subjects = subjectsOf(entry)
    for (const waiting of this.#all.filter((one) => subjects.includes(one.subject) && waits(one, now))) {
      this.#all = this.#all.map((one) => (one.id === waiting.id ? { ...one, since: now } : one))
      const taken = turn(this.#all, waiting.id, now)
      this.#all = taken.left
      turns.push(...taken.turns)
    }
    return turns
  }

  /** Why the check is in a downtime of its own; null = it is not. */
  own(entry: Entry, now: number): string | null {
    const subjects = subjectsOf(entry)
    const active = this.#all.find((one) => one.active && subjects.includes(one.subject))
    if (active) return reasonOf(active)
    const window = this.#windows.find(
      ({ rules, targets, period }) =>
        (rules === null || rules.includes(entry.rule.name)) &&
        concerns({ check: entry.rule.check, targets }, entry.target) &&
        within(period, now),
    )
    return window ? `planned downtime "${window.name}"${window.comment === '' ? '' : `: ${window.comment}`}` : null
  }

  /** Why what it runs on is in a downtime. */
  below(entry: Entry): string | null {
    const subjects = subjectsBelow(entry)
    const active = this.#all.find((one) => one.active && subjects.includes(one.subject))
    return active ? `its host ${entry.target.host}: ${reasonOf(active)}` : null
  }

  /** A flexible downtime of the check waits for a problem. */
  flexible(entry: Entry, now: number): string | null {
    const subjects = subjectsOf(entry)
    const waiting = this.#all.find((one) => subjects.includes(one.subject) && waits(one, now))
    return waiting ? reasonOf(waiting) : null
  }

  /** Does it concern this check directly? */
  static concerns(downtime: Downtime, entry: Entry): boolean {
    return subjectsOf(entry).includes(downtime.subject)
  }
}

const reasonOf = ({ author, comment }: Downtime) => `planned downtime by ${author}${comment === '' ? '' : `: ${comment}`}`
