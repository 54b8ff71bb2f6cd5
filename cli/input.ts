import { readFileSync } from 'node:fs'
import { AppError } from '../model/contract.ts'

/** The text of a file; `-` is standard input. */
export function readInput(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new AppError('not-found', `${file}: cannot read it: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

/** The JSON of a file, or AppError that says where it is wrong. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readInput(file))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid', `${file}: not JSON: ${(cause as Error).message}`, { cause })
  }
}
