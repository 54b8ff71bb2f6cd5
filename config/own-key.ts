import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../model/contract.ts'

/**
 * A key of 32 bytes, made when it is first asked for and kept in the data directory for its owner only. `loss`: what ends when
 * somebody removes it; said with AppError('storage') when the file is no such key or cannot be written.
 */
export function ownKey(directory: string, name: string, loss: string): Buffer {
  const file = join(directory, name)
  try {
    writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new AppError('storage', `${file}: cannot write it: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  const key = readFileSync(file)
  if (key.length !== 32) throw new AppError('storage', `${file}: not a key of 32 bytes; remove it, and ${loss}`)
  return key
}
