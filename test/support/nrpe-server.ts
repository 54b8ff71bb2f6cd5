/** Debian's NRPE server on loopback, with commands of our own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import { freePort } from './free-port.ts'

export const nrpeProgram = '/usr/sbin/nrpe'

export interface NrpeOptions {
  /** Lines `command[name]=…` and settings. */
  lines: readonly string[]
  plain?: boolean
}

export async function startNrpe(
  directory: string,
  { lines, plain = false }: NrpeOptions,
): Promise<{ port: number; stop(): void }> {
  const port = await freePort()
  const file = join(directory, `nrpe-${port}.cfg`)
  const user = process.getuid?.() === 0 ? 'nagios' : userInfo().username
  const group = execFileSync('id', ['-gn', user], { encoding: 'utf8' }).trim()
  const settings = [
    ...[
      'log_facility=daemon',
      `pid_file=${join(directory, `nrpe-${port}.pid`)}`,
      'server_address=127.0.0.1',
      `server_port=${port}`,
    ],
    ...[
      `nrpe_user=${user}`,
      `nrpe_group=${group}`,
      'allowed_hosts=127.0.0.1',
      'dont_blame_nrpe=1',
      'command_timeout=5',
      'connection_timeout=10',
    ],
  ]
  writeFileSync(file, `${[...settings, ...lines].join('\n')}\n`)
  const child: ChildProcess = spawn(nrpeProgram, [...(plain ? ['-n'] : []), '-c', file, '-f'], { stdio: 'ignore' })
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt > 100 || child.exitCode !== null) throw new Error('nrpe does not answer')
    await systemClock.sleep(50)
  }
  return { port, stop: () => void child.kill('SIGTERM') }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
