/** What rules would have done in the last days, beside what really happened. Times are epoch ms. */
import type { State } from './check.ts'
import type { TargetKind } from './target.ts'

export interface PreviewedProblem {
  rule: string
  target: { kind: TargetKind; id: string; name: string | null }
  project: string | null
  /** The worst that it was. */
  state: State
  from: number
  /** null = it is not over. */
  to: number | null
  output: string
  /** Names of those who would have been told of it. */
  told: readonly string[]
  /** It really was one, by the rule of this name, at some time of it. */
  real: boolean
}

export interface PreviewedRule {
  name: string
  /** Of what its results were made: samples, the states that were really recorded, or other checks. */
  from: 'samples' | 'states' | 'checks'
  targets: number
  /** Problems that it would have found, and of these, those that really were. */
  found: number
  also: number
  /** Problems that really were and would not have been found. */
  missed: number
  real: number
  /** Looked at so often, where that is less than the rule says; ms. */
  every: number | null
}

export interface PreviewedContact {
  name: string
  /** Problems that it would have been told of, and that it was told of. */
  told: number
  really: number
  /** Of these between 22:00 and 07:00 in its own zone. */
  atNight: number
  reallyAtNight: number
}

export interface RulePreview {
  from: number
  to: number
  rules: readonly PreviewedRule[]
  contacts: readonly PreviewedContact[]
  /** The newest first, at most so many; `problemCount` counts all. */
  problems: readonly PreviewedProblem[]
  problemCount: number
  /** Store queries, and how long it took, ms. */
  queries: number
  tookMs: number
  /** It was broken off: what is here goes up to `to`. */
  cutShort: boolean
}

export interface PreviewRequest {
  /** Text of a rules file. */
  text: string
  sinceMs: number
  /** Only rules of these names; empty = all. */
  only: readonly string[]
}

export type PreviewAnswer =
  | { ok: true; preview: RulePreview }
  | { ok: false; errors: readonly { line: number; column: number; path: string; message: string }[] }

export interface RulePreviews {
  /** One at a time: AppError('unreachable') while another one runs. */
  preview(request: PreviewRequest, signal: AbortSignal): Promise<PreviewAnswer>
  /** The text of the rules that are in force. */
  current(): string
}
