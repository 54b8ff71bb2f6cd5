/** Whether a configuration is an agent's: told by its `agent` section, before anything else is loaded. */
import { readFileSync } from 'node:fs'

/** False for a file that cannot be read: whoever loads it says why. */
export function isAgentFile(file: string): boolean {
  try {
    return /^agent:/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** The file that a command line names with --config. */
export function configOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((argument) => argument === '--config' || argument.startsWith('--config='))
  const found = args[at]
  return found === '--config' ? args[at + 1] : found?.slice('--config='.length)
}
