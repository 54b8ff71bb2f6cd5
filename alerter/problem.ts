import type { CheckResult, Problem } from '../model/check.ts'
import { outputLimit } from '../model/plugin-output.ts'
import type { StoredCheck } from '../model/tracked-check.ts'

const longestLine = 1000
const mostPerfdata = 64

/** A check as messages show it. */
export function problemOf(check: StoredCheck): Problem {
  const { state } = check
  return {
    ...{ check: check.id, rule: check.rule, plugin: check.plugin, target: check.target, targetName: check.targetName },
    ...{ project: check.project, host: check.host, state: state.state, hard: state.hard, attempt: state.attempt },
    ...{ maxAttempts: check.maxAttempts, since: state.lastStateChange ?? state.lastCheck ?? 0, output: state.output },
    ...{ longOutput: check.longOutput, perfdata: check.perfdata, lastCheck: state.lastCheck, nextCheck: check.nextCheck },
    ...{ acknowledgement: check.acknowledgement, cause: check.cause ?? null },
    ...(check.told.began === undefined ? {} : { began: check.told.began }),
  }
}

/** A result within bounds: whatever a check or an instance's name brings, one line of text stays one line. */
export function bounded({ state, output, longOutput, perfdata }: CheckResult): CheckResult {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
  const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
  const text = output.replace(control, ' ').trim().slice(0, longestLine)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of them but the line feed
  const long = longOutput?.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, ' ').slice(0, outputLimit)
  return {
    state,
    output: text === '' ? '(no output)' : text,
    ...(long === undefined || long === '' ? {} : { longOutput: long }),
    perfdata: perfdata.slice(0, mostPerfdata),
  }
}
