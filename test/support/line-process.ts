import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A child process that speaks in lines; tests wait for what it says. */
export class LineProcess {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #over: Promise<void>
  #told: () => void = () => undefined

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const reader = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    reader.on('line', (line) => {
      this.lines.push(line)
      this.#told()
    })
    this.#over = new Promise((resolve) => this.#child.once('close', () => resolve()))
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Resolves when the lines said so far satisfy `enough`; rejects when the process ends before. */
  async until(enough: (lines: readonly string[]) => boolean): Promise<void> {
    let over = false
    const ended = this.#over.then(() => {
      over = true
    })
    while (!enough(this.lines)) {
      if (over) throw new Error(`the process ended early: ${this.lines.slice(-5).join(' | ')}`)
      await Promise.race([ended, new Promise<void>((resolve) => (this.#told = resolve))])
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#over
  }
}
