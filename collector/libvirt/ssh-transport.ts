/** libvirt through the system's ssh: it knows keys, agents, jump hosts and known hosts; we only talk through it. */
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { AppError } from '../../model/contract.ts'
import type { LibvirtEndpoint } from './section.ts'
import type { Route } from './uri.ts'

type SshRoute = Extract<Route, { kind: 'ssh' }>
type SshSettings = NonNullable<LibvirtEndpoint['ssh']>

/** What ssh complained of is kept up to here. */
const complaintAtMost = 4096

/** A stream to the daemon's socket, as soon as ssh runs; whatever goes wrong on the way ends it with ssh's own words. */
export async function openSsh(route: SshRoute, settings: SshSettings = { program: 'ssh' }, timeoutMs: number): Promise<Duplex> {
  const child = spawn(settings.program, sshArguments(route, settings, timeoutMs), { stdio: ['pipe', 'pipe', 'pipe'] })
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', ({ message }) => reject(new AppError('unreachable', `${settings.program}: ${message}`)))
  })
  let complaint = ''
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()), // a broken pipe is told by the exit
    final: (done) => void child.stdin.end(() => done()),
    destroy(error, done) {
      child.kill()
      done(error)
    },
  })
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < complaintAtMost) complaint += chunk
  })
  child.once('error', (error) => stream.destroy(new Error(`${settings.program}: ${error.message}`)))
  child.once('close', (code) => {
    const told = complaint.trim().split('\n').at(-1)?.trim()
    stream.destroy(new Error(`ssh ${route.host}: ${told || `ended with ${code}`}`))
  })
  return stream
}

/** Exported for its test. Nothing of a URI can become an option or another command. */
export function sshArguments(route: SshRoute, { key, knownHosts }: SshSettings, timeoutMs: number): string[] {
  const option = (name: string, value: string | number) => ['-o', `${name}=${value}`]
  return [
    ...['-T', '-e', 'none'],
    ...option('BatchMode', 'yes'), // asks nobody for anything
    ...option('ConnectTimeout', Math.max(1, Math.ceil(timeoutMs / 1000))),
    ...(knownHosts === undefined ? [] : option('UserKnownHostsFile', knownHosts)),
    ...(key === undefined ? [] : ['-i', key, ...option('IdentitiesOnly', 'yes')]),
    ...(route.port === null ? [] : ['-p', String(route.port)]),
    ...(route.user === null ? [] : ['-l', route.user]),
    '--',
    route.host,
    `sh -c ${quoted(remoteScript(route))}`,
  ]
}

/** As virsh does it: libvirt's own helper where it is installed, which knows the sockets; else netcat or socat to a socket. */
function remoteScript({ sockets, helper }: SshRoute): string {
  const paths = sockets.map(quoted).join(' ')
  return [
    ...(helper === null
      ? []
      : [
          `if command -v virt-ssh-helper >/dev/null 2>&1; then exec virt-ssh-helper ${helper.access === 'read-only' ? '-r ' : ''}${quoted(helper.uri)}; fi`,
        ]),
    `for s in ${paths}; do if [ -S "$s" ]; then break; fi; done`,
    `[ -S "$s" ] || { echo "no libvirt socket there: ${sockets.map((path) => path.replace(/[^\w/.-]/g, '?')).join(', ')}" >&2; exit 1; }`,
    'if command -v nc >/dev/null 2>&1; then if nc -h 2>&1 | grep -q -- -q; then exec nc -q 0 -U "$s"; fi; exec nc -U "$s"; fi',
    'if command -v socat >/dev/null 2>&1; then exec socat STDIO "UNIX-CONNECT:$s"; fi',
    'echo "neither virt-ssh-helper nor nc nor socat is installed there" >&2; exit 1',
  ].join('\n')
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
