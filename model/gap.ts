/** A stretch of which the figures cannot be defended by themselves. Times are epoch ms; `to` null = goes on. */
export interface Gap {
  kind:
    | 'away' // the broker or our binding was gone: what was published then may be lost
    | 'silent' // a host or service that speaks every hour said nothing
    | 'audit' // Nova's own audit did not run or did not finish on this host
    | 'lost-end' // something ended and nobody said so: its end is inferred
    | 'unread' // messages were parked: they could not be understood
  service: string
  host: string | null
  from: number
  to: number | null
  /** Instances or messages concerned, where that is known. */
  count: number | null
}
