/** What really happened, as the journal tells it: for checks that cannot be made anew of samples, and to compare with. */
import { everything } from '../../model/access.ts'
import type { CheckResult, State, Transition } from '../../model/check.ts'
import type { AlertJournal } from '../../model/contract.ts'
import type { ComponentHealth } from '../../model/health.ts'
import type { TargetKind } from '../../model/target.ts'

const mostTransitions = 50_000

export interface RealProblem {
  check: string
  rule: string
  kind: string
  target: string
  from: number
  to: number | null
}

export interface Recorded {
  /** What the rule of this name said of the target then; null = nothing is known. */
  at(rule: string, kind: TargetKind, target: string, now: number): CheckResult | null
  /** How the check on the connection stood then, by whatever rule; null = nothing is known. */
  connection(component: string, now: number): State | null
  /** Hard problems that began in the time. */
  problems: readonly RealProblem[]
}

const states = { critical: 'down', unknown: 'down', nodata: 'down', warning: 'degraded', ok: 'ok' } as const

/** How the parts of Specola were at a time, by what was recorded of the checks on them; of which nothing was, they were well. */
export function recordedBoard(
  board: readonly ComponentHealth[],
  recorded: Pick<Recorded, 'connection'>,
  now: number,
): ComponentHealth[] {
  return board.map((one) => {
    const state = recorded.connection(one.component, now) ?? 'ok'
    return { ...one, state: states[state], detail: '', since: now, at: now }
  })
}

const keyOf = (rule: string, kind: string, target: string) => `${rule}\0${kind}\0${target}`

export async function readRecorded(
  alerts: Pick<AlertJournal, 'transitions' | 'problems'>,
  { from, to }: { from: number; to: number },
): Promise<Recorded> {
  const all = (await alerts.transitions(everything, { from, to, limit: mostTransitions })).sort((a, b) => a.seq - b.seq)
  const histories = Map.groupBy(all, ({ rule, target }) => keyOf(rule, target.kind, target.id))
  const lasting = new Map(
    (await alerts.problems(everything, { soft: true }))
      .filter(({ since }) => since < from)
      .map((problem) => [
        keyOf(problem.rule, problem.target.kind, problem.target.id),
        { state: problem.state, output: problem.output, perfdata: [] } as CheckResult,
      ]),
  )
  const byConnection = new Map(
    [...histories.values()].flatMap((history) => {
      const [{ target }] = history as [Transition]
      return target.kind === 'connection' ? [[target.id, history] as const] : []
    }),
  )
  return {
    connection(component, now) {
      const history = byConnection.get(component)
      return history ? (lastBefore(history, now)?.to ?? (history[0] as Transition).from) : null
    },
    at(rule, kind, target, now) {
      const key = keyOf(rule, kind, target)
      const history = histories.get(key)
      if (!history) return lasting.get(key) ?? null
      const last = lastBefore(history, now)
      if (last) return { state: last.to, output: last.output, perfdata: [] }
      return { state: (history[0] as Transition).from, output: 'as it was before', perfdata: [] }
    },
    problems: [...histories.values()].flatMap(problemsOf),
  }
}

function lastBefore(history: readonly Transition[], now: number): Transition | null {
  let [low, high] = [0, history.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((history[middle] as Transition).time <= now) low = middle + 1
    else high = middle
  }
  return history[low - 1] ?? null
}

/** From a hard problem to the recovery: changes between warning and critical are one problem. */
function problemsOf(history: readonly Transition[]): RealProblem[] {
  const problems: RealProblem[] = []
  let open: RealProblem | null = null
  for (const { check, rule, target, time, to, hard } of history) {
    if (!hard) continue
    const state: State = to
    if (state !== 'ok' && open === null) {
      open = { check, rule, kind: target.kind, target: target.id, from: time, to: null }
      problems.push(open)
    } else if (state === 'ok' && open) {
      open.to = time
      open = null
    }
  }
  return problems
}
