import { everything } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import { isComplete } from '../model/completeness.ts'
import { AppError } from '../model/contract.ts'
import { completenessJournal } from '../store/journal/completeness.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { formatter } from '../ui/format.ts'
import { gapRecord, gapWords } from '../ui/gap-words.ts'
import { translator } from '../ui/i18n.ts'
import { readArguments, readTime, required } from './arguments.ts'
import type { Command } from './command.ts'
import { printable } from './printable.ts'

export const command: Command = {
  name: 'completeness',
  summary: 'what the cloud did not tell between two instants',
  usage: `usage: specola completeness --data DIR --from T --to T [--json]

Lists each gap with what it means for figures and what to do. Exit code 0: nothing is missing; 1: something may be.
T is ISO 8601; without a zone it is UTC. Works while serve is running.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        data: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const period = { from: readTime('from', values.from), to: readTime('to', values.to) }
    if (period.from >= period.to) throw new AppError('usage', '--from must be before --to')
    const db = openDatabaseReadOnly(required('data', values.data))
    try {
      const journal = completenessJournal(db, systemClock)
      const gaps = await journal.gaps(everything, period)
      const complete = isComplete(gaps)
      if (values.json) {
        const heard = (await journal.hours(period)).map(({ hour, ...rest }) => ({ ...rest, hour: new Date(hour).toISOString() }))
        const [from, to] = [new Date(period.from).toISOString(), new Date(period.to).toISOString()]
        io.out(JSON.stringify({ from, to, complete, gaps: gaps.map((gap) => gapRecord(gap, true)), heard }))
      } else if (gaps.length === 0) io.out('nothing is missing')
      else {
        const words = { t: translator('en'), show: formatter('en', 'UTC') }
        io.out(
          gaps
            .map((gap) => {
              const { what, where, loss, count, step, effect, remedy, lasts } = gapWords(words, gap, true)
              const time = `${words.show.full(gap.from)} – ${gap.to === null ? 'goes on' : `${words.show.full(gap.to)} (${lasts})`}`
              const head = [what, where, step, count].filter(Boolean).join(', ')
              const lines = [time, `${head}: ${loss.toLowerCase()}`, effect, remedy].filter((line) => line !== null)
              return lines.map(printable).join('\n  ')
            })
            .join('\n\n'),
        )
      }
      return complete ? 0 : 1
    } finally {
      db.close()
    }
  },
}
