/** Where other witnesses disagreed with the ledger, and what began and never ended. */
import type { Discrepancy } from '../../model/discrepancy.ts'
import type { Overdue } from '../../model/overdue.ts'
import { type Finding, ok } from './finding.ts'

/** `discrepancies`: of the last day. Pure. */
export function witnessFindings(discrepancies: readonly Discrepancy[], overdue: readonly Overdue[]): Finding[] {
  return [
    discrepancies.length === 0
      ? ok('specola', 'other witnesses', "Nova's audit and the APIs said nothing else than the messages, in the last day")
      : {
          ...{ area: 'specola', subject: 'other witnesses', level: 'note' },
          found: `disagreed ${discrepancies.length} times with the ledger in the last day, about ${counted(discrepancies.map(({ about }) => about))}`,
          costs: 'the ledger follows them from the moment at which they spoke; what was before may have been otherwise',
          advice: 'specola verify lists them; messages were lost: see above, and specola completeness',
        },
    overdue.length === 0
      ? ok('specola', 'actions', 'all that began has ended, or still has time')
      : {
          ...{ area: 'specola', subject: 'actions', level: 'note' },
          found: `${overdue.length} began and should have ended by now: ${counted(overdue.map(({ action }) => action))}`,
          costs: 'their instances count as before they began',
          advice: 'the reader of the APIs asks what became of each; what still goes on is stuck in Nova',
        },
  ]
}

/** `end 2, flavor 1`: the most frequent first. */
const counted = (words: readonly string[]) =>
  [...Map.groupBy(words, (word) => word)]
    .map(([word, its]) => ({ word: word.replaceAll('_', ' '), count: its.length }))
    .sort((a, b) => b.count - a.count)
    .map(({ word, count }) => `${word} ${count}`)
    .join(', ')
