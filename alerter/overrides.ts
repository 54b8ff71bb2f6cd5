/** What a target changes of a rule for itself, where the rule lets it. Pure; whoever wrote the values may be an adversary. */
import { durationMs } from '../config/fields.ts'
import type { WrittenThreshold } from '../config/threshold-field.ts'
import { alertsOnlyWithin } from '../model/hysteresis.ts'
import type { Labels, Target } from '../model/target.ts'
import type { OverridePolicy } from './override-field.ts'
import type { Rule } from './rules.ts'

export interface Override {
  key: string
  value: string
  source: 'metadata' | 'tag'
}

export interface OwnRule {
  /** The rule as it holds for the target. */
  rule: Rule
  applied: readonly Override[]
  /** What was written and does not count, and why. */
  notices: readonly string[]
  /** The target switched the check off, and may. */
  off: boolean
}

const shortestIntervalMs = 10_000
const longestText = 100

/** The rule as it holds for this target. A value that is wrong, or not allowed, leaves the rule's own. */
export function ownRule(rule: Rule, target: Target): OwnRule {
  const { overrides: policy } = rule
  const written = policy && target.labels ? writtenFor(rule.name, policy, target.labels) : []
  if (!policy || written.length === 0) return { rule, applied: [], notices: [], off: false }
  const all = (those: readonly Override[], so: OwnRule) => those.reduce((own, one) => taken(own, one, rule, policy), so)
  const once = all(written, { rule, applied: [], notices: [], off: false })
  // what belongs together (warn and warnClear) may have come in the wrong order: what failed gets a second try
  const failed = written.filter((one) => !once.applied.includes(one))
  return failed.length === 0 ? once : all(failed, { ...once, notices: [] })
}

/** In a fixed order, whatever order the inventory has them in. */
function writtenFor(name: string, { from, prefix }: OverridePolicy, labels: Labels): Override[] {
  const before = `${prefix}.${name}.`
  const metadata = Object.entries(labels).flatMap(([label, [value = '']]): Override[] =>
    label.startsWith(`meta.${before}`) ? [{ key: label.slice(5 + before.length), value, source: 'metadata' }] : [],
  )
  const tags = (labels.tag ?? []).flatMap((tag): Override[] => {
    const equals = tag.indexOf('=')
    return tag.startsWith(before) && equals > before.length
      ? [{ key: tag.slice(before.length, equals), value: tag.slice(equals + 1), source: 'tag' }]
      : []
  })
  const found = [...(from.includes('metadata') ? metadata : []), ...(from.includes('tags') ? tags : [])]
  return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).slice(0, 50)
}

function taken(so: OwnRule, override: Override, original: Rule, policy: OverridePolicy): OwnRule {
  const { key } = override
  const refused = (why: string): OwnRule => ({
    ...so,
    notices: [...so.notices, `${sourceText(override, original, policy)}: ${why}`],
  })
  if (!policy.allow.includes(key)) return refused(`may not be changed here (${policy.allow.join(', ')} may)`)
  if (so.applied.some((one) => one.key === key)) return refused('was given twice; the first counts')
  const next = key === 'off' ? switched(so, override) : changed(so.rule, override, original, policy)
  return typeof next === 'string' ? refused(next) : { ...so, ...next, applied: [...so.applied, override] }
}

function switched(so: OwnRule, { value }: Override): Pick<OwnRule, 'off'> | string {
  return value === 'true' || value === 'false' ? { off: value === 'true' || so.off } : 'is neither true nor false'
}

/** The rule with one value changed, or why it is not. */
function changed(rule: Rule, { key, value }: Override, original: Rule, policy: OverridePolicy): Pick<OwnRule, 'rule'> | string {
  const limit = policy.limits[key] ?? {}
  const loosens = policy.loosen.includes(key)
  if (key === 'interval' || key === 'retryInterval') {
    const was = key === 'interval' ? original.intervalMs : original.retryMs
    const ms = durationMs(value)
    if (ms === null) return 'is no duration (30s, 5m, 1h)'
    const least = limit.min ?? Math.max(shortestIntervalMs, was / 4)
    const most = limit.max ?? (loosens ? was * 10 : was)
    if (ms < least || ms > most) return `is not within ${least / 1000} s to ${most / 1000} s`
    return { rule: key === 'interval' ? { ...rule, intervalMs: ms } : { ...rule, retryMs: ms } }
  }
  if (key === 'attempts') {
    const attempts = Number(value)
    const most = limit.max ?? (loosens ? 100 : original.alert.attempts)
    const least = Math.max(1, limit.min ?? 1)
    if (!Number.isInteger(attempts) || attempts < least || attempts > most) return `is no number from ${least} to ${most}`
    return { rule: { ...rule, alert: { ...rule.alert, attempts } } }
  }
  return configured(rule, key, value, original, limit, loosens)
}

function configured(
  rule: Rule,
  key: string,
  value: string,
  original: Rule,
  limit: { min?: number | undefined; max?: number | undefined },
  loosens: boolean,
): Pick<OwnRule, 'rule'> | string {
  const path = key.split('.')
  for (const given of readings(value)) {
    const itself = withValue(rule.written, path, given)
    // the rule's own way back (warnClear) may not fit the target's threshold (warn): then the problem ends where it began
    const written = rule.check.config.safeParse(itself).success ? itself : withoutKey(itself, `${key}Clear`)
    const read = rule.check.config.safeParse(written)
    if (!read.success) continue
    const now = valueAt(read.data, path)
    const was = valueAt(original.config, path)
    const bounds = outside(now, given, limit)
    if (bounds !== null) return bounds
    if (!loosens && !isStricter(now, was))
      return `would alarm less than the rule does (${shown(valueAt(original.written, path))})`
    return { rule: { ...rule, written, config: read.data } }
  }
  const read = rule.check.config.safeParse(withValue(rule.written, path, value))
  return read.success ? 'cannot be read' : (read.error.issues[0]?.message ?? 'cannot be read').slice(0, 200)
}

/** Metadata knows only text: where the check wants a number or a yes, it is one. */
function readings(value: string): unknown[] {
  if (value === 'true' || value === 'false') return [value, value === 'true']
  return value.trim() !== '' && Number.isFinite(Number(value)) ? [value, Number(value)] : [value]
}

/** Only what can be compared: thresholds that alert wherever the rule's do. Of anything else nobody can say. */
function isStricter(now: unknown, was: unknown): boolean {
  if (!isThreshold(now)) return false
  return was === undefined || (isThreshold(was) && alertsOnlyWithin(was.range, now.range))
}

function outside(
  now: unknown,
  given: unknown,
  { min, max }: { min?: number | undefined; max?: number | undefined },
): string | null {
  const ends = isThreshold(now)
    ? [now.range.start, now.range.end].filter((end) => Number.isFinite(end) && !(end === 0 && now.range.start === 0))
    : [typeof now === 'number' ? now : Number(given)]
  const wrong = ends.some((end) => !(end >= (min ?? Number.NEGATIVE_INFINITY) && end <= (max ?? Number.POSITIVE_INFINITY)))
  return wrong && (min !== undefined || max !== undefined) ? `is not within ${min ?? '…'} to ${max ?? '…'}` : null
}

const isThreshold = (value: unknown): value is WrittenThreshold =>
  typeof value === 'object' && value !== null && 'range' in value && 'text' in value

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value)
}

function withValue(value: unknown, [key, ...rest]: readonly string[], given: unknown): unknown {
  if (key === undefined) return given
  const known = isObject(value) ? value : {}
  return { ...known, [key]: withValue(Object.hasOwn(known, key) ? known[key] : undefined, rest, given) }
}

const withoutKey = (value: unknown, key: string): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([one]) => one !== key)) : value

const shown = (value: unknown) => (value === undefined ? 'its default' : String(value).slice(0, longestText))

const sourceText = ({ key, value, source }: Override, { name }: Rule, { prefix }: OverridePolicy) =>
  `${source} ${prefix}.${name}.${key.slice(0, longestText)} = "${value.slice(0, longestText)}"`
