import { AppError, type SampleStore } from '../model/contract.ts'
import type { Sample } from '../model/sample.ts'

/** Writes a batch; samples that no store would ever take are found by halving, left out and told; the others are stored. */
export async function storeValid(
  store: Pick<SampleStore, 'write'>,
  batch: readonly Sample[],
  leftOut: (reason: string) => void,
): Promise<void> {
  try {
    await store.write(batch)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid') throw error
    if (batch.length === 1) return leftOut(error.message)
    const half = batch.length >> 1
    await storeValid(store, batch.slice(0, half), leftOut)
    await storeValid(store, batch.slice(half), leftOut)
  }
}
