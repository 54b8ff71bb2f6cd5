import { statfs } from 'node:fs/promises'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'

/** Free bytes of the file system that holds a directory. */
export type FreeBytes = (directory: string) => Promise<number>

const ofFileSystem: FreeBytes = async (directory) => {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

const lookAgainMs = 1000

/**
 * Refuses writes while the disk has less than `floor` bytes left: databases that meet a full disk in the middle of a
 * checkpoint have been damaged by it. Looks at most once a second.
 */
export function spaceGuard(
  directory: string,
  floor: number,
  clock: Clock,
  freeBytes: FreeBytes = ofFileSystem,
): () => Promise<void> {
  let looked = Number.NEGATIVE_INFINITY
  let free = Number.POSITIVE_INFINITY
  return async () => {
    if (clock.monotonic() - looked >= lookAgainMs) {
      free = await freeBytes(directory)
      looked = clock.monotonic()
    }
    if (free < floor)
      throw new AppError(
        'storage',
        `${directory}: ${mebibytes(free)} MiB free, samples are not written below ${mebibytes(floor)} MiB (store.freeSpace); make room on the disk`,
      )
  }
}

const mebibytes = (bytes: number) => Math.floor(bytes / 1_048_576)
