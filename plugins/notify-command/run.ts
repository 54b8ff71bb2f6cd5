/** Runs one program without a shell, in a process group of its own, for so long and so much. */
import { spawn } from 'node:child_process'

export interface Ran {
  /** null = a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  /** The program could not be started: why. */
  failed: string | null
  timedOut: boolean
  /** Its first 8 KiB of standard output and of complaints. */
  output: string
}

const mostOutput = 8 * 1024

export function runProgram(
  [program = '', ...args]: readonly string[],
  options: { env: Record<string, string>; stdin: string; timeoutMs: number; signal: AbortSignal },
): Promise<Ran> {
  return new Promise((resolve) => {
    const said: Buffer[] = []
    let size = 0
    let timedOut = false
    const over = (code: number | null, signal: NodeJS.Signals | null, failed: string | null) => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', kill)
      resolve({ code, signal, failed, timedOut, output: Buffer.concat(said).subarray(0, mostOutput).toString('utf8') })
    }
    const child = spawn(program, args, { env: options.env, cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    /** The whole group: what it started must not outlive it. */
    const kill = () => {
      timedOut = true
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        child.kill('SIGKILL') // the group is gone already
      }
    }
    const timer = setTimeout(kill, options.timeoutMs)
    options.signal.addEventListener('abort', kill, { once: true })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        if (size < mostOutput) said.push(chunk)
        size += chunk.length
      })
    child.stdin.on('error', () => undefined) // a program that does not read what it is given is no failure
    child.once('error', (error: NodeJS.ErrnoException) => over(null, null, error.code ?? error.message))
    child.once('exit', (code, signal) => {
      // What it said is read to the end, unless something that it started holds the pipes open.
      const ended = () => {
        clearTimeout(patience)
        for (const stream of [child.stdout, child.stderr]) stream.destroy()
        over(code, signal, null)
      }
      const patience = setTimeout(ended, 200)
      child.once('close', ended)
    })
    child.stdin.end(options.stdin)
  })
}
