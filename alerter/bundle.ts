/** Several messages in one: any notifier can show it as it shows one about a single check. Pure. */
import type { State } from '../model/check.ts'
import type { Message } from '../model/contract.ts'
import type { Group } from './delivery-plan.ts'

const severity: Readonly<Record<State, number>> = { critical: 4, unknown: 3, nodata: 2, warning: 1, ok: 0 }
const listed = 100

/** A digest, or the rest of what would have been too many. Everything of it is in `items`; nothing is left out there. */
export function bundleOf(group: Group, now: number): Message {
  const items = group.items.map(({ message }) => message)
  const [head] = items as [Message, ...Message[]]
  const worst = items.reduce((most, one) => (severity[one.problem.state] > severity[most.problem.state] ? one : most), head)
  const { zone, language } = head
  const lines = items.slice(0, listed).map((item) => lineOf(item, zone, language))
  const more = items.length > listed ? [`+ ${items.length - listed}`] : []
  const name = group.as === 'digest' ? 'digest' : 'rest'
  return {
    ...{ kind: 'custom', transition: null, acknowledgement: null, link: null, instances: null, time: now, zone, language, items },
    problem: {
      ...{ check: head.problem.check, rule: name, plugin: name, target: { kind: 'messages', id: String(items.length) } },
      ...{ targetName: titleOf(items, language), project: null, host: null, state: worst.problem.state, hard: true },
      ...{ attempt: 1, maxAttempts: 1, since: Math.min(...items.map(({ time }) => time)), output: titleOf(items, language) },
      ...{ longOutput: [...lines, ...more].join('\n'), perfdata: [], lastCheck: null, nextCheck: null, acknowledgement: null },
    },
  }
}

const words = {
  en: { one: 'message', many: 'messages' },
  it: { one: 'messaggio', many: 'messaggi' },
} as const

const titleOf = ({ length }: readonly Message[], language: 'it' | 'en') =>
  `${length} ${length === 1 ? words[language].one : words[language].many}`

function lineOf({ kind, problem, time }: Message, zone: string, language: 'it' | 'en'): string {
  const at = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short', timeZone: zone }).format(time)
  const name = problem.targetName ?? problem.target.id
  return oneLine(`${at}  ${kind} ${problem.state}: ${problem.rule} · ${name}: ${problem.output}`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 500)
