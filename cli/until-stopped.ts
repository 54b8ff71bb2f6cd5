/** The life of a process that serves until it is told to stop. */
import { flushCompileCache } from 'node:module'
import type { Logger } from '../model/contract.ts'

/** Shutting down takes no longer than this; what then still runs is cut off. */
const shutdownMs = 10_000

/**
 * Starts, and runs until SIGINT or SIGTERM. What `start` gives to `closing` is closed in reverse order, also when starting fails
 * half-way; what it returns is logged once all stands.
 */
export async function untilStopped(
  logger: Logger,
  start: (closing: AsyncDisposableStack, stop: AbortController) => Promise<Record<string, unknown>>,
): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))
  const { signal } = stop
  const closing = new AsyncDisposableStack()
  try {
    const about = await start(closing, stop)
    flushCompileCache() // a service may be ended the hard way, and would start as slowly the next time
    logger.info('started', about)
    if (!signal.aborted) await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }))
    logger.info(`stopping: ${(signal.reason as Error).message}`)
  } finally {
    const cutOff = setTimeout(() => {
      logger.error(`still busy after ${shutdownMs / 1000} s: cut off; what was acknowledged is safe`)
      process.exit(1)
    }, shutdownMs)
    await closing.disposeAsync()
    clearTimeout(cutOff)
  }
  logger.info('stopped')
}
