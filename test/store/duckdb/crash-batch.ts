import type { Sample } from '../../../model/sample.ts'

export const crashBatchRows = 300

/** Batch number n of the crash tests, at `start + n`: every row carries its batch and its own number. */
export function crashBatch(batch: number, start: number): Sample[] {
  return Array.from({ length: crashBatchRows }, (_, row) => ({
    measurement: 'instance',
    tags: { instance: `i${row}`, project: `p${row % 7}` },
    fields: { batch, row, a: batch * 0.1, b: row * 1.5 },
    time: start + batch,
  }))
}
