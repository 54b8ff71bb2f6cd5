/** DIR/parked: messages that could not be understood, as `specola import` reads them, each with its reason. */
import { mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../model/clock.ts'
import type { ParkedMessage } from '../model/contract.ts'

export interface ParkedFiles {
  /** Resolves once on disk (fsync). */
  append(messages: readonly ParkedMessage[]): Promise<void>
  /** Messages parked since this process started. */
  count(): number
  close(): Promise<void>
}

/** One file a day, appended to; only its owner and group may read it. */
export function parkedFiles(directory: string, clock: Clock): ParkedFiles {
  const folder = join(directory, 'parked')
  let file: { day: string; handle: FileHandle } | null = null
  let parked = 0
  let turn: Promise<void> = Promise.resolve()

  async function write(messages: readonly ParkedMessage[]): Promise<void> {
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    if (file?.day !== day) {
      await file?.handle.close()
      mkdirSync(folder, { recursive: true, mode: 0o750 })
      file = { day, handle: await open(join(folder, `${day}.jsonl`), 'a', 0o640) }
    }
    await file.handle.appendFile(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
    await file.handle.datasync()
    parked += messages.length
  }

  return {
    append(messages) {
      const mine = turn.then(() => write(messages))
      turn = mine.catch(() => undefined) // the caller is told; the next one tries anew
      return mine
    },
    count: () => parked,
    async close() {
      await turn
      await file?.handle.close()
      file = null
    },
  }
}
