/** What the end of a plugin means: states and words are Nagios' own. Pure. */
import { type CheckResult, type State, states } from '../../model/check.ts'
import type { ProgramEnd } from '../../model/contract.ts'
import { parsePerfdata } from '../../model/perfdata.ts'
import { splitOutput } from '../../model/plugin-output.ts'

export interface Meaning {
  /** The state that a timeout means. */
  timeoutState: State
  /** A host's own check: 0 and 1 are up, everything else is down. */
  host: boolean
  /** For hosts: 1 is down too. */
  aggressive: boolean
  /** As the text of an exit code that no plugin should have names it. */
  about: string
}

/** A signal's number is told on top of this. */
const bySignal = 128
const lastSignal = 64

export function resultOf(end: ProgramEnd, meaning: Meaning): CheckResult {
  const kind = meaning.host ? 'Host' : 'Service'
  if (end.how === 'timeout') {
    const output = `(${kind} check timed out after ${(end.afterMs / 1000).toFixed(2)} seconds)`
    return { state: meaning.host ? 'critical' : meaning.timeoutState, output, perfdata: [] }
  }
  if (end.how === 'lost') return { state: 'unknown', output: `could not check: ${end.reason}`, perfdata: [] }
  if (end.how === 'flooded')
    return {
      state: 'unknown',
      output: `(${kind} check printed more than ${end.bytes / 2 ** 20} MiB and was ended)`,
      perfdata: [],
    }
  const { code, output, errors } = end
  const signal = code - bySignal
  if (signal >= 1 && signal <= lastSignal)
    return withErrors({ state: 'critical', output: `(${kind} check did not exit properly: ended by signal ${signal})` }, errors)
  const state = meaning.host ? hostState(code, meaning.aggressive) : (states[code] ?? 'critical')
  if (!meaning.host && code > 3) return withErrors({ state, output: outOfBounds(code, meaning.about) }, errors)
  return { state, ...told(output, errors) }
}

const hostState = (code: number, aggressive: boolean): State => (code === 0 || (code === 1 && !aggressive) ? 'ok' : 'critical')

function outOfBounds(code: number, about: string): string {
  if (code === 126) return '(Return code of 126 is out of bounds. Check if plugin is executable)'
  if (code === 127) return '(Return code of 127 is out of bounds. Check if plugin exists)'
  return `(Return code of ${code} for ${about} was out of bounds)`
}

function told(output: string, errors: string): Omit<CheckResult, 'state'> {
  if (output.trim() === '' && errors.trim() !== '') {
    const { text, longText } = splitOutput(errors.trim())
    return { output: `(No output on stdout) stderr: ${text ?? ''}`, ...(longText && { longOutput: longText }), perfdata: [] }
  }
  const { text, longText, perfdata } = splitOutput(output)
  return {
    output: text || '(No output returned from plugin)',
    ...(longText ? { longOutput: longText } : {}),
    perfdata: parsePerfdata(perfdata ?? '').items,
  }
}

/** What it said on stderr is what helps whoever has to mend it. */
const withErrors = (result: Omit<CheckResult, 'perfdata'>, errors: string): CheckResult => ({
  ...result,
  ...(errors.trim() === '' ? {} : { longOutput: errors.trim() }),
  perfdata: [],
})
