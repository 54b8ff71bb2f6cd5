import { everything } from '../model/access.ts'
import { systemClock } from '../model/clock.ts'
import type { Action, ActionQuery } from '../model/contract.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { timelineJournal } from '../store/journal/timeline.ts'
import { oneOf, readArguments, readTime, required } from './arguments.ts'
import type { Command } from './command.ts'
import { printable } from './printable.ts'

const pageSize = 1000

export const command: Command = {
  name: 'timeline',
  summary: 'who did what to what, from where, with what result',
  usage: `usage: specola timeline --data DIR [--from T] [--to T] [--actor WHO] [--project ID] [--resource WHICH]
                        [--result ok|failed|running|unknown] [--verb TYPE] [--search TEXT] [--limit N] [--json]

WHO and WHICH are ids or names; names outlive what they name. TYPE is a canonical type or a family (instance.). Newest first,
100 unless --limit says otherwise (0 = all). With --json one JSON object a line. T is ISO 8601; without a zone it is UTC.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        data: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        actor: { type: 'string' },
        project: { type: 'string' },
        resource: { type: 'string' },
        result: { type: 'string' },
        verb: { type: 'string' },
        search: { type: 'string' },
        limit: { type: 'string', default: '100' },
        json: { type: 'boolean', default: false },
      },
    })
    const { actor, project, resource, verb, search } = values
    const query: Omit<ActionQuery, 'limit'> = {
      ...(values.from !== undefined && { from: readTime('from', values.from) }),
      ...(values.to !== undefined && { to: readTime('to', values.to) }),
      ...(actor !== undefined && { actor }),
      ...(project !== undefined && { project }),
      ...(resource !== undefined && { resource }),
      ...(verb !== undefined && { verb }),
      ...(search !== undefined && { q: search, addresses: true }),
      ...(values.result !== undefined && { result: oneOf('result', values.result, ['ok', 'failed', 'running', 'unknown']) }),
    }
    const wanted = /^\d{1,9}$/.test(values.limit) ? Number(values.limit) || Number.POSITIVE_INFINITY : 100
    const db = openDatabaseReadOnly(required('data', values.data))
    try {
      const journal = timelineJournal(db, systemClock)
      let before: ActionQuery['before']
      for (let shown = 0; shown < wanted; ) {
        const limit = Math.min(pageSize, wanted - shown)
        const page = await journal.actions(everything, { ...query, limit, ...(before && { before }) })
        if (page.length > 0)
          io.out(page.map((action) => (values.json ? JSON.stringify(recordOf(action)) : lineOf(action))).join('\n'))
        const last = page.at(-1)
        if (!last || page.length < limit) break
        shown += page.length
        before = { time: last.time, seq: last.seq }
      }
      return 0
    } finally {
      db.close()
    }
  },
}

const recordOf = ({ time, until, ...action }: Action) => ({
  time: new Date(time).toISOString(),
  until: new Date(until).toISOString(),
  ...action,
})

function lineOf({ time, verb, result, reason, resource, actor, address, host }: Action): string {
  const who = actor ? (actor.name ?? actor.id) : '-'
  const what = resource.id === '' ? resource.kind : `${resource.kind} ${resource.name ?? resource.id}`
  const where = [address && `from ${address}`, host && `on ${host}`].filter(Boolean).join(' ')
  const line = `${new Date(time).toISOString()}  ${result.padEnd(7)}  ${who}  ${verb}  ${what}  ${where}${reason ? `  (${reason})` : ''}`
  return printable(line).trimEnd()
}
