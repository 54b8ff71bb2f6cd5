/** What is against the completeness of a period. Times are epoch ms; `to` null = goes on. */
export interface Gap {
  kind:
    | 'before' // we were not listening yet
    | 'away' // we, the broker, our queue or a binding was gone
    | 'silent' // a host or service that speaks every hour said nothing
    | 'audit' // Nova's own audit did not run or did not finish on this host
    | 'lost-end' // it was gone and nobody had said so: its end is inferred
    | 'overdue' // something began and nobody said how it ended
    | 'unread' // messages were parked: they could not be understood
  /** `none`: late at the most, our queue kept it; `possible`: something may be missing; `certain`: something is. */
  loss: 'none' | 'possible' | 'certain'
  service: string
  host: string | null
  from: number
  to: number | null
  /** Instances or messages concerned, where that is known. */
  count: number | null
  /** Why, where there are several ways: for `away` the cause, for `overdue` the canonical type of what began. */
  cause: string | null
  /**
   * When the APIs were last read completely, if that was after it, epoch ms: which instances exist, and when the others
   * ended, is known again since. Absent: not yet, or no reading can tell.
   */
  healedAt?: number
}
