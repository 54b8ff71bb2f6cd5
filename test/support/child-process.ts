import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'

/** Ends a process that a test started: asks, then insists. Resolves when it is gone. */
export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM', patienceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  const insist = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await gone
  clearTimeout(insist)
}

/** Resolves when something listens on 127.0.0.1:port; rejects with the process's last words when it ends before. */
export async function listening(port: number, child: ChildProcess, output: () => string, patienceMs = 60_000): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended before it listened: ${output()}`)
    if (await answers(port)) return
    await pause(100)
  }
  throw new Error(`nothing listens on port ${port} after ${patienceMs / 1000} s: ${output()}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Waits until `probe` gives something other than null, undefined or false; fails with `what` after `patienceMs`. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T, patienceMs = 30_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const value = await probe()
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<T>
    if (performance.now() > deadline) throw new Error(`did not happen in ${patienceMs / 1000} s: ${what}`)
    await pause(50)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A child whose last output is kept for complaints. */
export function spawnKept(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; output: () => string } {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let kept = ''
  const keep = (chunk: Buffer) => {
    kept = (kept + chunk.toString('utf8')).slice(-4000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { child, output: () => kept }
}
