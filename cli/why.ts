import { everything } from '../model/access.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import type { Decision } from '../model/outbox.ts'
import { parseInstant } from '../model/range.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { openAlerts } from './alerts.ts'
import { oneOf, readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonLogger } from './logger.ts'
import { printable } from './printable.ts'
import { commandConfiguration } from './reporting.ts'

const outcomes = ['sent', 'waiting', 'failed', 'suppressed'] as const

export const command: Command = {
  name: 'why',
  summary: 'why somebody was, or was not, called',
  usage: `usage: specola why --data DIR | --config FILE [--contact NAME] [--check ID] [--instance ID] [--rule NAME] [--project ID]
                  [--outcome sent|waiting|failed|suppressed] [--from T] [--to T] [--search TEXT] [--limit N] [--json]

Every decision about notifications, newest first: sent (and under which id the server took it), held back by which filter until
when, tried in vain, given up, never sent and why. --contact also shows what was held for everybody. T is ISO 8601 (UTC without a
zone) or such as now-3d; 100 unless --limit says otherwise. With --json one JSON object a line.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        data: { type: 'string' },
        config: { type: 'string' },
        contact: { type: 'string' },
        check: { type: 'string' },
        instance: { type: 'string' },
        rule: { type: 'string' },
        project: { type: 'string' },
        outcome: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        search: { type: 'string' },
        limit: { type: 'string', default: '100' },
        json: { type: 'boolean', default: false },
      },
    })
    const { contact, check, rule, project } = values
    const limit = Number(values.limit)
    if (!Number.isInteger(limit) || limit < 1) throw new AppError('usage', `--limit: "${values.limit}" is no number of lines`)
    if (values.data === undefined && values.config === undefined) throw new AppError('usage', '--data or --config is needed')
    const configuration = await commandConfiguration(values.config, values.data)
    const db = configuration.alerter.journal === null ? openDatabaseReadOnly(configuration.data) : null
    const { journal, close } = openAlerts(db, configuration, {
      health: { report: () => undefined },
      clock,
      logger: jsonLogger('error'),
    })
    try {
      const found = await journal.decisions(everything, {
        ...(contact !== undefined && { contact }),
        ...(check !== undefined && { check }),
        ...(rule !== undefined && { rule }),
        ...(project !== undefined && { project }),
        ...(values.instance !== undefined && { target: { kind: 'instance', id: values.instance } }),
        ...(values.outcome !== undefined && { outcome: oneOf('outcome', values.outcome, outcomes) }),
        ...(values.from !== undefined && { from: instant('from', values.from) }),
        ...(values.to !== undefined && { to: instant('to', values.to) }),
        ...(values.search !== undefined && { q: values.search }),
        limit,
      })
      for (const decision of found) io.out(values.json ? JSON.stringify(decision) : textOf(decision))
      return 0
    } finally {
      await close()
      db?.close()
    }
  },
}

function instant(name: string, text: string): number {
  const at = parseInstant(text, clock.now(), 'UTC')
  if (at === null) throw new AppError('usage', `--${name}: "${text}" is no instant (write 2026-11-01T00:00:00Z or now-3d)`)
  return at
}

const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

function textOf(one: Decision): string {
  const who = one.contact === '' ? 'everybody' : `${one.contact}${one.notifier === '' ? '' : ` by ${one.notifier}`}`
  const what = `${one.kind} ${one.state}: ${one.rule ?? one.check} on ${one.targetName ?? one.target?.id ?? '?'}`
  const why = one.reason === null ? '' : `  (${one.filter === undefined ? '' : `${one.filter}: `}${one.reason})`
  const id = one.deliveryId === null ? '' : `  id ${one.deliveryId}`
  const head = printable(`${iso(one.decidedAt)}  ${one.outcome.padEnd(10)}  ${who}  ${what}${why}${id}`)
  const turns = one.turns.length > 1 ? one.turns : []
  const lines = turns.map(({ time, outcome, reason }) =>
    printable(`    ${iso(time)}  ${outcome}${reason === null ? '' : `: ${reason}`}`),
  )
  return [head, ...lines].join('\n')
}
