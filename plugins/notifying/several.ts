/** Several messages in one: a digest, or the rest of what would have been too many. Pure. */
import type { Message } from '../../model/contract.ts'
import { colours } from './colours.ts'
import { oneLine } from './text.ts'
import { kindWords, stateWords } from './words.ts'

export interface SummaryItem {
  title: string
  kindWord: string
  colour: string
  output: string
  timeText: string
  link: string
  acknowledge: string
}

export function itemsOf({ items, language, zone }: Message): SummaryItem[] | null {
  if (items === undefined) return null
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short', timeZone: zone })
  return items.map(({ kind, problem, time, link, acknowledge }) => ({
    title: `${oneLine(problem.targetName ?? problem.target.id, 100)}: ${oneLine(problem.rule, 100)} ${stateWords[language][problem.state]}`,
    kindWord: kindWords[language][kind],
    colour: colours[problem.state],
    output: oneLine(problem.output, 300),
    timeText: when.format(time),
    link: link ?? '',
    acknowledge: acknowledge ?? '',
  }))
}

/** `4 PROBLEM, 2 RECOVERY`. */
export function countsOf({ items = [], language }: Message): string {
  const byKind = Map.groupBy(items, ({ kind }) => kind)
  return [...byKind].map(([kind, of]) => `${of.length} ${kindWords[language][kind]}`).join(', ')
}
