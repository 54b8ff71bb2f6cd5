/** Several messages in one mail. Pure. */
import type { Message } from '../../model/contract.ts'
import { oneLine } from './one-line.ts'
import { kindWords, stateWords } from './words.ts'

export interface MailItem {
  title: string
  kind: string
  colour: string
  output: string
  time: string
  link: string | null
  acknowledge: string | null
}

export function itemsOf(message: Message, colours: Readonly<Record<string, string>>): MailItem[] | null {
  const { items, language, zone } = message
  if (items === undefined) return null
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short', timeZone: zone })
  return items.map(({ kind, problem, time, link, acknowledge }) => ({
    title: `${oneLine(problem.targetName ?? problem.target.id, 100)}: ${problem.rule} ${stateWords[language][problem.state]}`,
    kind: kindWords[language][kind],
    colour: colours[problem.state] ?? '#59636e',
    output: oneLine(problem.output, 300),
    time: when.format(time),
    link,
    acknowledge: acknowledge ?? null,
  }))
}

/** `4 PROBLEM, 2 RECOVERY`. */
export function countsOf({ items = [], language }: Message): string {
  const byKind = Map.groupBy(items, ({ kind }) => kind)
  return [...byKind].map(([kind, of]) => `${of.length} ${kindWords[language][kind]}`).join(', ')
}
