/** Opens a DuckDB file whatever state its write-ahead log is in. What cannot be read is kept aside, never deleted. */
import { constants } from 'node:fs'
import { access, copyFile, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Clock } from '../../model/clock.ts'
import { AppError, type Logger } from '../../model/contract.ts'
import { unreadTail } from './log-tail.ts'

/** DuckDB 1.5 names the byte after the header of the entry it cannot read; the header is 16 bytes. */
const entryHeaderBytes = 16
/** More than one damaged place in one log: after this many cuts the rest is put aside whole. */
const maxCuts = 3
const maxKeptAside = 6

export interface Recovery {
  instance: DuckDBInstance
  /** Files kept aside; empty when all was well. */
  keptAside: readonly string[]
}

export type Open = (path: string, options: Record<string, string>) => Promise<DuckDBInstance>

/**
 * Opens `path`; on a damaged log cuts it before the damage and tries again, else puts the log aside, at last the database
 * file too. Throws AppError('locked' | 'storage') for troubles that are not damage: those may pass by themselves.
 */
export async function openDamagedOrNot(
  path: string,
  options: Record<string, string>,
  deps: { clock: Clock; logger: Logger; open?: Open },
): Promise<Recovery> {
  const open = deps.open ?? ((file, settings) => DuckDBInstance.create(file, settings))
  const stamp = new Date(deps.clock.now()).toISOString().replaceAll(':', '')
  const wal = `${path}.wal`
  const keptAside: string[] = []
  const keep = async (file: string, how: 'copy' | 'move') => {
    const aside = `${file}.damaged-${stamp}${keptAside.length === 0 ? '' : `-${keptAside.length}`}`
    await (how === 'copy' ? copyFile(file, aside) : rename(file, aside))
    keptAside.push(aside)
    return aside
  }

  for (let cuts = 0; ; ) {
    const unread = (await sizeOf(wal)) > 0 ? await unreadTail(wal) : 0
    const copy = unread > 0 ? await keep(wal, 'copy') : null
    try {
      const instance = await open(path, options)
      if (copy)
        deps.logger.warn(
          `samples: the last ${unread} bytes of the log of ${basename(path)} could not be read: a write cut off by a crash, or damage (whole log kept as ${copy})`,
        )
      await forgetOldest(path)
      return { instance, keptAside }
    } catch (cause) {
      const message = firstLine(cause)
      if (!(await isDamage(path, wal, message))) throw refusal(path, message, cause)
      const size = await sizeOf(wal)
      const at = damagedAt(message)
      if (size > 0 && at !== null && at > 0 && at < size && cuts < maxCuts) {
        cuts++
        const aside = copy ?? (await keep(wal, 'copy'))
        await truncate(wal, at)
        deps.logger.error(
          `samples: the log of ${basename(path)} was damaged at byte ${at} of ${size}; cut there, ${size - at} bytes lost from the newest samples (whole log kept as ${aside})`,
          { error: message },
        )
      } else if (size > 0) {
        const aside = await keep(wal, 'move')
        deps.logger.error(
          `samples: the log of ${basename(path)} cannot be read; ${size} bytes of the newest samples put aside as ${aside}`,
          {
            error: message,
          },
        )
      } else if ((await sizeOf(path)) > 0) {
        const aside = await keep(path, 'move')
        deps.logger.error(`samples: ${basename(path)} cannot be read; started anew, hot samples put aside as ${aside}`, {
          error: message,
        })
      } else throw refusal(path, message, cause)
    }
  }
}

/** Where to cut, from "… at byte position N …": before the header of the entry that N lies behind. */
export function damagedAt(message: string): number | null {
  const match = /byte position (\d+)/i.exec(message)
  return match ? Number(match[1]) - entryHeaderBytes : null
}

/** Damage is what DuckDB reports of files that this process can lock, read and write, and that is not want of space or memory. */
async function isDamage(path: string, wal: string, message: string): Promise<boolean> {
  if (/lock|space|permission|too many open|memory|interrupt/i.test(message)) return false
  for (const file of [path, wal])
    if ((await sizeOf(file)) > 0)
      try {
        await access(file, constants.R_OK | constants.W_OK)
      } catch {
        return false // whatever DuckDB said, the file may not be touched
      }
  return true
}

function refusal(path: string, message: string, cause: unknown): AppError {
  if (/lock/i.test(message))
    return new AppError('locked', `${path}: another specola process uses these samples; stop it first`, { cause })
  return new AppError('storage', `${path}: ${message}`, { cause })
}

/** A machine that crashes again and again must not fill its disk with what is kept for a look. */
async function forgetOldest(path: string): Promise<void> {
  const folder = dirname(path)
  const aside = (await readdir(folder)).filter((file) => file.startsWith(basename(path)) && file.includes('.damaged-'))
  const newestFirst = aside.sort((a, b) => (stampOf(a) < stampOf(b) ? 1 : -1))
  for (const file of newestFirst.slice(maxKeptAside)) await rm(join(folder, file), { force: true })
}

const stampOf = (file: string) => file.slice(file.indexOf('.damaged-'))

const firstLine = (error: unknown) => String(error instanceof Error ? error.message : error).split('\n', 1)[0] as string

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
