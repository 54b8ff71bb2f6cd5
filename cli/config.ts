import { loadRules } from '../alerter/rules.ts'
import { loadFile } from '../config/load.ts'
import { AppError } from '../model/contract.ts'
import { agentConfiguration } from './agent.ts'
import { isAgentFile } from './agent-file.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { configurationFrom } from './configuration.ts'
import { findPlugins } from './plugins.ts'

export const command: Command = {
  name: 'config',
  summary: 'check a configuration: all mistakes at once',
  usage: `usage: specola config check FILE…

Prints every mistake as file:line:column path: what (did you mean …). Exit code 0 when there is none, 2 otherwise.`,

  async run(args, io) {
    const { positionals } = readArguments({ args: [...args], allowPositionals: true, options: {} })
    const [action, ...files] = positionals
    if (action !== 'check' || files.length === 0) throw new AppError('usage', 'specola config check FILE…')
    const plugins = await findPlugins()
    let wrong = false
    for (const file of files) {
      try {
        if (isAgentFile(file)) loadFile(file, agentConfiguration)
        else loadRules(configurationFrom(file, plugins).alerter.rules, plugins)
        io.out(`${file}: ok`)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        wrong = true
        io.err(error.message)
      }
    }
    return wrong ? 2 : 0
  },
}
