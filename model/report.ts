/** One report, whatever it is rendered as. No renderer computes a figure. */
import type { Adjustment, NamedRow } from './closed-month.ts'
import type { Gap } from './gap.ts'
import type { Payable } from './payable.ts'
import type { PriceBook, PriceItem } from './price-book.ts'
import type { Unit } from './rating.ts'
import type { UsageBy } from './usage.ts'

export const reportFormats = ['csv', 'xlsx', 'json', 'pdf'] as const
export type ReportFormat = (typeof reportFormats)[number]

export interface ReportSubject {
  kind: UsageBy | 'cloud'
  /** null for the cloud: all that the scope sees. */
  id: string | null
}

export interface ReportQuery {
  subject: ReportSubject
  /** Epoch ms, [from, to). A whole calendar month that is closed is reported as it was closed. */
  from: number
  to: number
  /** In which groups the resources are shown. */
  by: readonly UsageBy[]
  /** Whether the reader may know names of physical machines. */
  hosts: boolean
  madeBy: string
}

/** What was charged for one thing at one price, over all resources of the report. */
export interface ReportLine {
  item: PriceItem
  what: string | null
  state: NamedRow['state']
  unit: Unit
  /** 10^-6 units: the sum of the quantities of its rows. */
  quantity: bigint
  /** 10^-9. */
  price: bigint
  /** 10^-decimals: the sum of the amounts of its rows. */
  amount: bigint
}

export interface ReportGroup {
  key: string
  name: string | null
  /** Kind of resource when grouped by resource. */
  kind: NamedRow['kind'] | null
  resources: number
  /** Of instances, milliseconds. */
  ms: number
  hours: number
  vcpuHours: number
  memoryGibHours: number
  diskGibHours: number
  /** GiB·h of volumes, snapshots, backups and images. */
  storageGibHours: number
  /** 10^-decimals; null without prices. */
  amount: bigint | null
}

/** All that is shown of a report on a page. */
export interface ReportSummary {
  subject: ReportSubject & { name: string | null }
  from: number
  to: number
  zone: string
  /** `2026-10` when the period is that month. */
  month: string | null
  /** open: not over yet; draft: over, not closed; closed. */
  status: 'open' | 'draft' | 'closed'
  closedAt: number | null
  madeAt: number
  madeBy: string
  book: PriceBook | null
  fingerprint: string | null
  /** Names of projects and users that occur. */
  names: ReadonlyMap<string, string>
  lines: readonly ReportLine[]
  groups: readonly { by: UsageBy; rows: readonly ReportGroup[] }[]
  /** Amount (10^-decimals) or, without prices, hours of each calendar day; null when the period does not lend itself to it. */
  days: readonly { from: number; to: number; value: number }[] | null
  adjustments: readonly Adjustment[]
  /** Of all lines, without adjustments; 10^-decimals. */
  sum: bigint
  /** Of all adjustments. */
  adjusted: bigint
  /** null without prices. */
  payable: Payable | null
  /** Hours by Nova's own formula beside those of the ledger; null where Nova has no such figure. */
  nova: { hours: number; ledgerHours: number } | null
  /** Stretches of which the figures cannot be defended; null = nobody watches completeness. */
  gaps: readonly Gap[] | null
  /** Hours of instances for which no price held. */
  unpricedHours: number
}

export interface Report extends ReportSummary {
  rows: readonly NamedRow[]
}
