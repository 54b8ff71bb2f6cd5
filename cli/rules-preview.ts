import type { CommandIo } from './command.ts'
export async function previewRules(_args: readonly string[], _io: CommandIo): Promise<number> {
  return 2
}
