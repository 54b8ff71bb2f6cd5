/**
 * What the broker does not take waits on disk, bounded, and survives the agent: one file a message, sent in order, removed when the
 * broker has it. A message that was sent and not removed is sent again; the centre counts it once.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import { type AgentNews, decodeMessage, encodeMessage } from './message.ts'
import type { Publisher } from './publisher.ts'

const firstPauseMs = 500
const longestPauseMs = 30_000

export interface SpoolDeps {
  publisher: Pick<Publisher, 'publish'>
  agent: string
  directory: string
  /** Of all files together, bytes; beyond, the oldest go. */
  most: number
  clock: Clock
  logger: Logger
}

export interface Spool {
  /** Resolves once the broker or the disk has it. */
  publish(news: AgentNews): Promise<void>
  /** Sends what waits, until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>
  /** Messages that wait, and that were dropped since the start. */
  counts(): { waiting: number; dropped: number }
}

interface Waiting {
  file: string
  bytes: number
}

/** Takes up what an earlier agent left. Throws AppError('storage') when the directory cannot be used. */
export function openSpool({ publisher, agent, directory, most, clock, logger }: SpoolDeps): Spool {
  const waiting = leftBehind(directory)
  let next = Number.parseInt(waiting.at(-1)?.file ?? '0', 10) + 1
  let held = waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  let dropped = 0
  let turn: Promise<void> = Promise.resolve()
  let wake: () => void = () => undefined

  async function publish(news: AgentNews): Promise<void> {
    if (waiting.length === 0)
      try {
        return await publisher.publish(news)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (waiting.length === 0) logger.warn(`${error.message}; what is read waits in ${directory}`)
      }
    const mine = turn.then(() => keep(encodeMessage({ agent, news })))
    turn = mine.catch(() => undefined) // the caller is told; the next one tries anew
    return mine
  }

  async function keep(body: Buffer): Promise<void> {
    const file = `${String(next++).padStart(12, '0')}.gz`
    const path = join(directory, file)
    const handle = await open(`${path}.tmp`, 'w', 0o640)
    try {
      await handle.writeFile(body)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.tmp`, path)
    waiting.push({ file, bytes: body.length })
    held += body.length
    while (held > most && waiting.length > 1) {
      await forget(waiting[0] as Waiting)
      if (dropped++ === 0) logger.warn(`${directory} is full (agent.spool.most): the oldest messages are dropped`)
    }
    wake()
  }

  async function forget(one: Waiting): Promise<void> {
    const at = waiting.indexOf(one)
    if (at < 0) return // dropped meanwhile
    waiting.splice(at, 1)
    held -= one.bytes
    await unlink(join(directory, one.file)).catch(() => undefined) // removed by hand
  }

  async function run(signal: AbortSignal): Promise<void> {
    let pause = firstPauseMs
    while (!signal.aborted) {
      const [first] = waiting
      if (first === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        continue
      }
      try {
        const news = await readBack(first)
        if (news) await publisher.publish(news)
        await forget(first)
        pause = firstPauseMs
        if (waiting.length === 0) logger.info(`the broker has everything that waited in ${directory}`)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        await clock.sleep(pause, signal).catch(() => undefined) // aborted: the loop ends
        pause = Math.min(pause * 2, longestPauseMs)
      }
    }
    await turn
  }

  /** Null for a file that is damaged: it will not get better. */
  async function readBack({ file }: Waiting): Promise<AgentNews | null> {
    try {
      return decodeMessage(await readFile(join(directory, file))).news
    } catch (error) {
      logger.warn(`${join(directory, file)}: ${(error as Error).message}: left out`)
      dropped++
      return null
    }
  }

  return { publish, run, counts: () => ({ waiting: waiting.length, dropped }) }
}

/** Whole messages, oldest first; one that was being written when its agent died is not there. */
function leftBehind(directory: string): Waiting[] {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 })
    return readdirSync(directory)
      .filter((file) => /^\d{12}\.gz$/.test(file))
      .sort()
      .map((file) => ({ file, bytes: statSync(join(directory, file)).size }))
  } catch (cause) {
    throw new AppError('storage', `agent.spool.directory: ${(cause as Error).message}`, { cause })
  }
}
