/** What libvirt tells of a running job → how far an outgoing migration has come. */
import type { JobStats, Params } from './procedures.ts'

/** null = not told. */
export interface MigrationProgress {
  elapsedMs: number | null
  totalBytes: number | null
  processedBytes: number | null
  remainingBytes: number | null
  /** Sent a second. */
  throughput: number | null
  /** Written by the guest a second: more than what is sent, and it never ends. */
  dirtyRate: number | null
  /** Expected, until it is over. */
  downtimeMs: number | null
  iteration: number | null
  /** How much the guest is held back, %. */
  throttlePercent: number | null
}

/** libvirt's VIR_DOMAIN_JOB_NONE, and VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT. */
const noJob = 0
const migrationOut = 5

const usualPageBytes = 4096

/** null: no job, or a job of another kind (a backup, a snapshot). */
export function migrationProgress({ type, params }: JobStats): MigrationProgress | null {
  if (type === noJob || params.get('operation') !== migrationOut) return null
  const number = (field: string) => amount(params, field)
  const dirtyPages = number('memory_dirty_rate')
  return {
    elapsedMs: number('time_elapsed'),
    totalBytes: number('data_total') ?? number('memory_total'),
    processedBytes: number('data_processed') ?? number('memory_processed'),
    remainingBytes: number('data_remaining') ?? number('memory_remaining'),
    throughput: number('memory_bps'),
    dirtyRate: dirtyPages === null ? null : dirtyPages * (number('memory_page_size') ?? usualPageBytes),
    downtimeMs: number('downtime'),
    iteration: number('memory_iteration'),
    throttlePercent: number('auto_converge_throttle'),
  }
}

/** One sentence about a job that is over, for its event. */
export function jobSummary(params: Params): string {
  const operation = params.get('operation')
  const known = typeof operation === 'number' ? operations[operation] : undefined
  const seconds = amount(params, 'time_elapsed')
  const downtime = amount(params, 'downtime')
  return [
    known ?? 'job',
    ...(seconds === null ? [] : [`${(seconds / 1000).toFixed(1)} s`]),
    ...(downtime === null ? [] : [`downtime ${downtime} ms`]),
    ...(params.get('success') === false ? ['failed'] : []),
  ].join(', ')
}

/** In the order of virDomainJobOperation. */
const operations = [
  ...['job', 'start', 'save', 'restore', 'incoming migration', 'outgoing migration', 'snapshot', 'snapshot revert', 'dump'],
  ...['backup', 'snapshot delete'],
]

function amount(params: Params, field: string): number | null {
  const value = params.get(field)
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}
