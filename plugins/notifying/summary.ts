/** A message in words: what every notifier puts into its own form, and what templates read. Pure. */
import { createHash } from 'node:crypto'
import type { Perfdata, State } from '../../model/check.ts'
import { carriedText, clueText } from '../../model/clue-words.ts'
import type { Message } from '../../model/contract.ts'
import { printPerfdata } from '../../model/perfdata.ts'
import { countsOf, itemsOf, type SummaryItem } from './several.ts'
import { clip, oneLine, plain } from './text.ts'
import { kindWords, labels, stateWords } from './words.ts'

/** Everything is free of control characters and bounded; nothing is escaped. Times are ISO 8601 in UTC, `…Text` for the reader. */
export interface Summary {
  /** `problem`, `recovery`, `acknowledgement` … and the word for it. */
  kind: Message['kind']
  kindWord: string
  state: State
  stateWord: string
  /** `web-1: cpu critical`. */
  title: string
  output: string
  longOutput: string
  /** Facts as a reader wants them: label and value. */
  rows: readonly { label: string; value: string }[]
  link: string
  linkWord: string
  /** Takes the problem without signing in; empty where the reader may not. */
  acknowledge: string
  acknowledgeWord: string
  /** Several messages in one; null = this is one. `longOutput` lists them for forms that show only that. */
  items: readonly SummaryItem[] | null
  sentBy: string
  /** Stable id of the check on its target: the same for a problem and its recovery. */
  check: string
  rule: string
  target: { kind: string; id: string; name: string }
  project: string
  host: string
  hard: boolean
  attempt: number
  maxAttempts: number
  since: string
  sinceText: string
  time: string
  timeText: string
  author: string
  comment: string
  /** How many instances are counted under the problem; null where that means nothing. */
  instances: number | null
  perfdata: readonly Perfdata[]
  perfdataText: string
  language: 'it' | 'en'
  /** Tells this message from every other; the same when it is sent again. */
  key: string
}

/** The message to this address, whenever it is sent. */
export const messageKey = ({ problem, kind, time }: Message, to: string): string =>
  createHash('sha256').update(`${problem.check}\0${kind}\0${time}\0${to}`).digest('hex').slice(0, 32)

/** No longer than these, in UTF-16 units, whatever a tenant calls an instance; a notifier may ask for less. */
const longest = { name: 100, word: 200, output: 1000, longOutput: 4000, comment: 500 } as const

export function summaryOf(message: Message, to: string): Summary {
  const { kind, problem, language, time, acknowledgement } = message
  const words = labels[language]
  const id = oneLine(problem.target.id, longest.name) || '?'
  const name = oneLine(problem.targetName ?? problem.target.id, longest.name) || id
  const rule = oneLine(problem.rule, longest.name)
  const stateWord = stateWords[language][problem.state]
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long', timeZone: message.zone })
  const kindOfTarget = problem.target.kind in words.target ? (problem.target.kind as keyof typeof words.target) : 'other'
  const row = (label: string, value: string) => (value === '' ? [] : [{ label, value }])
  const project = oneLine(problem.project ?? '', longest.word)
  const host = oneLine(problem.host ?? '', longest.word)
  const changes = (message.changes ?? []).map((clue) => clueText(clue, problem.since, language))
  const author = oneLine(acknowledgement?.author ?? '', longest.name)
  const comment = oneLine(acknowledgement?.comment ?? '', longest.comment)
  const perfdata = problem.perfdata.slice(0, 20).map((one) => ({ ...one, label: oneLine(one.label, longest.name) }))
  return {
    ...{ kind, kindWord: kindWords[language][kind], state: problem.state, stateWord },
    title: message.items
      ? `${problem.rule === 'digest' ? words.digest : words.rest}: ${countsOf(message)}`
      : `${name}: ${rule} ${stateWord}`,
    output: oneLine(problem.output, longest.output),
    longOutput: clip(plain((problem.longOutput ?? '').slice(0, 4 * longest.longOutput)).trim(), longest.longOutput),
    rows: message.items
      ? []
      : [
          ...row(words.escalated, message.escalation ? escalationText(message.escalation) : ''),
          ...row(words.state, stateWord),
          ...row(words.target[kindOfTarget], name === id ? name : `${name} (${id})`),
          ...row(words.project, project),
          ...row(words.host, host),
          ...row(words.rule, rule),
          ...row(words.carries, carriedOf(message)),
          ...row(words.since, when.format(problem.since)),
          ...changes.flatMap((line) => row(words.changes, oneLine(line, longest.word))),
          ...row(words.by, author),
          ...row(words.comment, comment),
        ],
    ...{ link: message.link ?? '', linkWord: words.open, sentBy: words.sent },
    ...{ acknowledge: message.acknowledge ?? '', acknowledgeWord: words.take, items: itemsOf(message) },
    ...{ check: oneLine(problem.check, 200), rule, target: { kind: oneLine(problem.target.kind, 50), id, name }, project, host },
    ...{ hard: problem.hard, attempt: problem.attempt, maxAttempts: problem.maxAttempts },
    ...{ since: new Date(problem.since).toISOString(), sinceText: when.format(problem.since) },
    ...{ time: new Date(time).toISOString(), timeText: when.format(time) },
    ...{ author, comment, instances: message.instances, perfdata, perfdataText: printPerfdata(perfdata) },
    ...{ language, key: messageKey(message, to) },
  }
}

/** Messages of before a name was told have the count alone. */
const carriedOf = ({ carries, instances, language }: Message): string =>
  carries ? oneLine(carriedText(carries, language), longest.output) : instances === null ? '' : String(instances)

const escalationText = ({ chain, step, steps }: NonNullable<Message['escalation']>) => `${oneLine(chain, 100)}, ${step}/${steps}`

/** The whole message as plain text, for services that know no form. */
export function textOf({ kindWord, title, output, longOutput, rows, link, acknowledge, acknowledgeWord }: Summary): string {
  const take = acknowledge === '' ? '' : `${acknowledgeWord}: ${acknowledge}`
  const facts = rows.map(({ label, value }) => `${label}: ${value}`).join('\n')
  return [`${kindWord}: ${title}`, output, longOutput, facts, link, take].filter((part) => part !== '').join('\n\n')
}
