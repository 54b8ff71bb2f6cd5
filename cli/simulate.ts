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

Feeds the steps of each trace (format nagios-trace/1) to the engine's decisions on a virtual clock and prints one JSON line per
trace: {trace, family, observed, unsupported}. "unsupported" names what the trace asks for and the engine does not do yet: those
parts are left out of "observed". --nagios-compatible is accepted and is how it always decides so far.`,

  async run(args, io) {
    const { positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, 'nagios-compatible': { type: 'boolean' } },
    })
    if (positionals.length === 0) throw new AppError('usage', 'which traces? TRACE…')
    for (const file of positionals) {
      const read = traceSchema.safeParse(readJson(file))
      if (!read.success) throw new AppError('invalid', `${file}: not a trace: ${z.prettifyError(read.error)}`)
      const { observed, unsupported } = replay(read.data)
      io.out(JSON.stringify({ trace: read.data.id, family: read.data.family, observed, unsupported }))
    }
    return 0
  },
}
