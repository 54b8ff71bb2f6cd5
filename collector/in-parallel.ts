/** Runs the task for every item, at most `limit` at once. The first failure is thrown when those under way have ended. */
export async function inParallel<T>(limit: number, items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of rest) await task(item)
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
