/** A real sshd on loopback that lets in one key of our own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import { freePort } from './free-port.ts'

export interface Sshd {
  readonly port: number
  readonly user: string
  /** A private key that is let in. */
  readonly key: string
  /** The host key of this one. */
  readonly knownHosts: string
  stop(): Promise<void>
}

/** Starts one whose files are all under `directory`. */
export async function startSshd(directory: string): Promise<Sshd> {
  const port = await freePort()
  const path = (file: string) => join(directory, file)
  for (const name of ['host', 'client']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path(name)])
  const [kind, key] = execFileSync('cat', [path('host.pub')], { encoding: 'utf8' }).split(' ')
  writeFileSync(path('known_hosts'), `[127.0.0.1]:${port} ${kind} ${key}\n`)
  writeFileSync(
    path('sshd_config'),
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${path('host')}
AuthorizedKeysFile ${path('client.pub')}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
`,
  )
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', path('sshd_config')]
  // As root it insists on /run/sshd, which only the package's own service makes: here on a /run that nobody else sees.
  const run = 'mount -t tmpfs specola /run && mkdir -m 755 /run/sshd && exec "$@"'
  const command = process.getuid?.() === 0 ? ['unshare', '-m', 'sh', '-c', run, 'sshd', ...sshd] : sshd
  const [program = '', ...args] = command
  let complaint = ''
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk
  })
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt > 100 || child.exitCode !== null) throw new Error(`sshd does not answer: ${complaint}`)
    await systemClock.sleep(50)
  }
  return {
    port,
    user: userInfo().username,
    key: path('client'),
    knownHosts: path('known_hosts'),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
