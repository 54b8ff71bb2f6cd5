import { type ParseArgsConfig, parseArgs } from 'node:util'
import { AppError } from '../model/contract.ts'
import { parseTimestamp } from '../model/timestamp.ts'

/** `util.parseArgs` whose complaints are AppError('usage'). */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (cause) {
    throw new AppError('usage', (cause as Error).message, { cause })
  }
}

/** An instant given as ISO 8601; without a zone it is UTC. */
export function readTime(name: string, text: string | undefined): number {
  if (text === undefined)
    throw new AppError(
      'usage',
      `--${name} is missing (an instant such as 2026-11-01 or 2026-11-01T00:00:00Z; without a zone it is UTC)`,
    )
  const time = parseTimestamp(text)
  if (time === null)
    throw new AppError(
      'usage',
      `--${name}: "${text}" is no instant (write 2026-11-01 or 2026-11-01T00:00:00Z; without a zone it is UTC)`,
    )
  return time
}

export function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new AppError('usage', `--${name} is missing`)
  return value
}

/** One of the words, or AppError('usage') that lists them. */
export function oneOf<const T extends string>(name: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value)
  if (!found) throw new AppError('usage', `--${name}: "${value}" is none of ${words.join(', ')}`)
  return found
}
