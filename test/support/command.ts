import type { Command } from '../../cli/command.ts'

/** Runs a subcommand in this process and keeps what it printed. */
export async function runCommand(command: Command, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: [] as string[], err: [] as string[] }
  const code = await command.run(args, {
    out: (text) => void printed.out.push(text.endsWith('\n') ? text : `${text}\n`),
    err: (text) => void printed.err.push(text.endsWith('\n') ? text : `${text}\n`),
  })
  return { code, out: printed.out.join(''), err: printed.err.join('') }
}
