/** Lines of Nagios' external command file: `[1700000000] COMMAND;argument;…`. Pure. */
import { type State, states } from '../model/check.ts'
import type { PassiveResult } from '../model/contract.ts'
import { parsePerfdata } from '../model/perfdata.ts'
import { splitOutput } from '../model/plugin-output.ts'

/** Who is meant: the rule's check on a target; without a rule, the target's check of the rule `host`. */
export interface Subject {
  target: string
  rule: string
}

export type ExternalCommand =
  | { do: 'result'; result: PassiveResult }
  | { do: 'acknowledge'; on: Subject; by: string; comment: string; sticky: boolean; notify: boolean; persistent: boolean }
  | { do: 'unacknowledge'; on: Subject }
  /** Times are epoch ms. */
  | {
      do: 'downtime'
      on: Subject
      wholeTarget: boolean
      by: string
      comment: string
      start: number
      end: number
      flexibleMs: number | null
    }
  | { do: 'cancelDowntime'; id: string }
  | { do: 'checkNow'; on: Subject }

export type ReadCommand = { ok: true; command: ExternalCommand } | { ok: false; reason: string }

/** The rule that stands for a host's own check. */
export const hostRule = 'host'

export function readExternalCommand(line: string): ReadCommand {
  const [, name, rest] = /^\s*\[\d{1,12}\]\s+([A-Z_]+);?(.*)$/s.exec(line) ?? []
  if (name === undefined || rest === undefined) return wrong('not of the form "[seconds] COMMAND;argument;…"')
  const host = name.includes('_HOST_') && !name.includes('_HOST_SVC_')
  const fields = rest.split(';')
  const [target = '', second = ''] = fields
  const on = { target, rule: host ? hostRule : second }
  const after = fields.slice(host ? 1 : 2)
  switch (name) {
    case 'PROCESS_HOST_CHECK_RESULT':
    case 'PROCESS_SERVICE_CHECK_RESULT':
      return readResult(on, after[0] ?? '', after.slice(1).join(';'), host)
    case 'ACKNOWLEDGE_HOST_PROBLEM':
    case 'ACKNOWLEDGE_SVC_PROBLEM': {
      const [sticky, notify, persistent, by = '', ...comment] = after
      if (comment.length === 0) return wrong(`${name} needs sticky;notify;persistent;author;comment`)
      const flags = { sticky: sticky === '2', notify: notify !== '0', persistent: persistent === '1' }
      return understood({ do: 'acknowledge', on, by, comment: comment.join(';'), ...flags })
    }
    case 'REMOVE_HOST_ACKNOWLEDGEMENT':
    case 'REMOVE_SVC_ACKNOWLEDGEMENT':
      return understood({ do: 'unacknowledge', on })
    case 'SCHEDULE_HOST_DOWNTIME':
    case 'SCHEDULE_SVC_DOWNTIME':
      return readDowntime(name, on, after, false)
    case 'SCHEDULE_HOST_SVC_DOWNTIME':
      return readDowntime(name, { target, rule: hostRule }, fields.slice(1), true)
    case 'DEL_HOST_DOWNTIME':
    case 'DEL_SVC_DOWNTIME':
      return target === '' ? wrong(`${name} needs a downtime's id`) : understood({ do: 'cancelDowntime', id: target })
    case 'SCHEDULE_HOST_CHECK':
    case 'SCHEDULE_FORCED_HOST_CHECK':
    case 'SCHEDULE_SVC_CHECK':
    case 'SCHEDULE_FORCED_SVC_CHECK':
      return understood({ do: 'checkNow', on })
    default:
      return wrong(`"${name}" is not a command that is known here`)
  }
}

const understood = (command: ExternalCommand): ReadCommand => ({ ok: true, command })
const wrong = (reason: string): ReadCommand => ({ ok: false, reason })

/** A pushed code outside 0…3 is unknown. A host's is a host state already: 0 up, 1 down, 2 unreachable. */
function readResult({ target, rule }: Subject, code: string, text: string, host: boolean): ReadCommand {
  if (!/^-?\d{1,9}$/.test(code)) return wrong(`"${code}" is not a state`)
  const n = Number(code)
  const ofHost: readonly State[] = ['ok', 'critical', 'unknown']
  const state = (host ? ofHost[n] : states[n]) ?? 'unknown'
  const { text: output, longText, perfdata } = splitOutput(text.replaceAll('\\n', '\n'))
  const result: PassiveResult = {
    ...{ target, rule, state, output: output ?? '', perfdata: parsePerfdata(perfdata ?? '').items },
    ...(longText ? { longOutput: longText } : {}),
  }
  return target === '' || rule === '' ? wrong('it names no host or service') : understood({ do: 'result', result })
}

function readDowntime(name: string, on: Subject, fields: readonly string[], wholeTarget: boolean): ReadCommand {
  const [start, end, fixed, trigger, duration, by = '', ...comment] = fields
  const times = [start, end, duration].map(Number)
  if (comment.length === 0 || times.some((time) => !Number.isFinite(time)))
    return wrong(`${name} needs start;end;fixed;trigger;duration;author;comment`)
  if (trigger !== '0') return wrong('downtimes that others trigger are planned by their id, not by Nagios’ number')
  const [from = 0, to = 0, lasts = 0] = times
  const flexibleMs = fixed === '1' ? null : lasts * 1000
  return understood({
    do: 'downtime',
    on,
    wholeTarget,
    by,
    comment: comment.join(';'),
    start: from * 1000,
    end: to * 1000,
    flexibleMs,
  })
}
