import { z } from 'zod'
import { replay } from '../alerter/replay/replay.ts'
import { traceSchema } from '../alerter/replay/trace.ts'
import { AppError } from '../model/contract.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { readJson } from './input.ts'

export const command: Command = {
  name: 'simulate',
  summary: "replay alerting traces through the engine's decisions",
  usage: `usage: specola simulate [--nagios-compatible] TRACE…

Feeds each trace (format nagios-trace/1) to the engine's decisions on a virtual clock, runs the checks that the engine schedules
itself (outcomes: the trace's plan), and prints one JSON line per trace: {trace, family, observed, unsupported}. "unsupported" names
steps that the engine does not know; they are left out. --nagios-compatible decides as Nagios does also where that is odd
(docs/nagios-differences.md).`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, 'nagios-compatible': { type: 'boolean', default: false } },
    })
    if (positionals.length === 0) throw new AppError('usage', 'which traces? TRACE…')
    for (const file of positionals) {
      const read = traceSchema.safeParse(readJson(file))
      if (!read.success) throw new AppError('invalid', `${file}: not a trace: ${z.prettifyError(read.error)}`)
      const { observed, unsupported } = replay(read.data, { nagiosCompatible: values['nagios-compatible'] === true })
      io.out(JSON.stringify({ trace: read.data.id, family: read.data.family, observed, unsupported }))
    }
    return 0
  },
}
