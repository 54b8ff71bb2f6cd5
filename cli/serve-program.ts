/** Which program `specola serve` is: told by its arguments, before anything else is loaded. */
import { configOf, isAgentFile } from './agent-file.ts'

/** `agent`: publishes to a broker, keeps nothing. `collector`: reads hypervisors, writes to a store. `whole`: everything else. */
export type ServeProgram = 'agent' | 'collector' | 'whole'

export function serveProgram(args: readonly string[]): ServeProgram {
  const file = configOf(args)
  if (file === undefined) return 'whole' // the demo
  if (isAgentFile(file)) return 'agent'
  const only = args.some(
    (argument, i) => argument === '--only=collector' || (argument === '--only' && args[i + 1] === 'collector'),
  )
  return only && !args.includes('--demo') ? 'collector' : 'whole'
}
