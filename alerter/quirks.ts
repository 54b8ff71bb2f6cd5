/** Where Nagios does what nobody would ask for: each is a setting of its own. docs/nagios-differences.md tells them all. */
export interface Quirks {
  /** A recovery that was held (downtime, period, dependency, flapping) is forgotten instead of told when that is over. */
  forgetHeldRecoveries: boolean
  /** A dependency whose period is not now makes all further dependencies of the check pass. */
  dependencyPeriodEndsSearch: boolean
  /** A master that was never checked keeps nobody from being told, whatever `pending` says. */
  pendingMastersPass: boolean
  /** A notification held in a downtime moves the clock of a check that is told once; nothing follows from it. */
  clockMovesInDowntime: boolean
  /** A withdrawn acknowledgement is still shown until the state changes; it holds nothing any more. */
  withdrawnShows: boolean
  /** A host that goes down has those of its parents checked that are not up, one that recovers those that are: the wrong way round. */
  parentsCheckedInReverse: boolean
  /** A check ordered for a stale result that meanwhile was renewed counts, and staleness is never looked for again. */
  freshnessStopsAfterRace: boolean
  /** A host's state is recorded for flapping at its services' results too. */
  servicesRecordHosts: boolean
  /** A soft recovery counts as a hard change of state. */
  softRecoveryIsHardChange: boolean
  /** Next instants of time periods are computed with Nagios's gaps (clock changes, ends of exclusions). */
  periodGaps: boolean
  /** Spans of days mean what Nagios makes of them: years that are not wrapped around, strides without an end. */
  periodSpans: boolean
  /** What has fallen silent is unknown, not a state of its own. */
  noDataIsUnknown: boolean
  /** `;` becomes `:` in the text of a result. */
  noSemicolons: boolean
}

const all = (on: boolean): Quirks => ({
  ...{ forgetHeldRecoveries: on, dependencyPeriodEndsSearch: on, servicesRecordHosts: on, softRecoveryIsHardChange: on },
  ...{
    periodGaps: on,
    periodSpans: on,
    noSemicolons: on,
    noDataIsUnknown: on,
    pendingMastersPass: on,
    clockMovesInDowntime: on,
    withdrawnShows: on,
  },
  ...{ parentsCheckedInReverse: on, freshnessStopsAfterRace: on },
})

/** What holds unless somebody asks for something else. */
export const sensible = all(false)
/** `nagiosCompatible: true`. */
export const asNagios = all(true)
