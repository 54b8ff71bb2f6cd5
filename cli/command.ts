/** What every subcommand is. stdout carries the answer only; logs and complaints go to stderr. */
export interface CommandIo {
  out(text: string): void
  err(text: string): void
}

export interface Command {
  name: string
  /** One line for `specola help`. */
  summary: string
  /** The whole call, as `specola help NAME` shows it. */
  usage: string
  /** Instead of `usage`, where arguments tell what help is wanted for; null = it is not known. */
  help?(args: readonly string[]): Promise<string | null>
  /** Exit code: 0 ok, 1 found trouble, 2 wrong use. AppError is turned into its message and exit code by main.ts. */
  run(args: readonly string[], io: CommandIo): Promise<number>
}
