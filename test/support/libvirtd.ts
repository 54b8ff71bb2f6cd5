/**
 * A real libvirtd of our own, with real QEMU guests, that touches nothing of the machine.
 *
 * As root libvirtd insists on /run/libvirt, /var/lib/libvirt, /etc/libvirt and the user libvirt-qemu, whatever its
 * configuration says. So it runs in namespaces of its own: mounts (those directories are empty tmpfs there, and /etc/passwd
 * has the user), processes (its first process gone, all are gone: no QEMU can be left behind) and network (taps are made
 * where nobody sees them). Its unix sockets are in a directory that both sides share. Needs root and a kernel that lets it
 * make namespaces; where one is missing, `start` says so.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import { type Guest, guestImage, guestXml } from './guest.ts'

export interface Libvirtd {
  /** For clients; read-only first, as the collector would. */
  readonly uri: string
  /** For `virsh` and what may write. */
  readonly writeUri: string
  /** Creates and starts guests; their definitions are gone when they stop, unless `define` is set. */
  create(...guests: Guest[]): void
  virsh(...args: string[]): string
  /** Process of a guest's QEMU, as this side sees it. */
  qemu(name: string): number
  /** SIGKILL to the daemon alone: the guests go on. */
  kill(): Promise<void>
  /** Again, after `kill`. */
  restart(): Promise<void>
  /** Everything ends, the guests too. */
  stop(): Promise<void>
}

const prepare = `
for d in /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt; do mkdir -p $d && mount -t tmpfs specola $d || exit 1; done
mkdir -p /var/lib/libvirt/qemu /run/libvirt/qemu /var/log/libvirt/qemu
cp /etc/passwd /etc/group /run/libvirt/
grep -q ^libvirt-qemu: /etc/passwd || echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >> /run/libvirt/passwd
grep -q ^libvirt-qemu: /etc/group || echo 'libvirt-qemu:x:64055:' >> /run/libvirt/group
mount --bind /run/libvirt/passwd /etc/passwd && mount --bind /run/libvirt/group /etc/group || exit 1
cat > /etc/libvirt/qemu.conf <<F
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
remember_owner = 0
F
ip link set lo up
echo ready
while :; do sleep 3600 & wait; done`

const onSocket = (socket: string) => `qemu+unix:///system?socket=${socket}`

/** Starts a daemon whose files are all under `directory`. */
export async function startLibvirtd(directory: string): Promise<Libvirtd> {
  const sockets = join(directory, 'sockets')
  mkdirSync(sockets, { recursive: true })
  const config = join(directory, 'libvirtd.conf')
  const log = `3:file:${join(directory, 'libvirtd.log')}`
  writeFileSync(config, `unix_sock_dir = "${sockets}"\nauth_unix_ro = "none"\nauth_unix_rw = "none"\nlog_outputs = "${log}"\n`)

  const namespace = await startNamespace()
  const enter = ['-t', String(namespace.inner), '-m', '-p', '-n', '--']
  let daemon: ChildProcess | null = null
  const writeSocket = join(sockets, 'libvirt-sock')
  const virsh = (...args: string[]) =>
    execFileSync('virsh', ['-q', '-c', onSocket(writeSocket), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  const restart = async () => {
    daemon = spawn('nsenter', [...enter, 'libvirtd', '-f', config, '-p', join(directory, 'libvirtd.pid'), '-t', '0'], {
      stdio: 'ignore',
    })
    const started = daemon
    await until(() => {
      if (started.exitCode !== null) throw new Error(`libvirtd ended: ${readFileSync(join(directory, 'libvirtd.log'), 'utf8')}`)
      return succeeds(() => virsh('list'))
    })
  }
  await restart()

  return {
    uri: onSocket(join(sockets, 'libvirt-sock-ro')),
    writeUri: onSocket(writeSocket),
    create(...guests) {
      for (const guest of guests) {
        const image = join(directory, `${guest.name}.img`)
        writeFileSync(image, guestImage(guest))
        const xml = join(directory, `${guest.name}.xml`)
        writeFileSync(xml, guestXml(guest, image))
        if (guest.define) {
          virsh('define', xml)
          virsh('start', guest.name)
        } else virsh('create', xml)
      }
    },
    virsh,
    qemu: qemuOf,
    async kill() {
      const ended = new Promise((resolve) => daemon?.once('exit', resolve))
      process.kill(Number(readFileSync(`/proc/${daemon?.pid}/task/${daemon?.pid}/children`, 'utf8').trim()), 'SIGKILL')
      await ended
    },
    restart,
    async stop() {
      const ended = new Promise((resolve) => namespace.process.once('exit', resolve))
      namespace.process.kill('SIGKILL')
      await ended
    },
  }
}

async function startNamespace(): Promise<{ process: ChildProcess; inner: number }> {
  const options = ['-m', '-p', '-n', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', prepare]
  const child = spawn('unshare', options, { stdio: ['ignore', 'pipe', 'pipe'] })
  await new Promise<void>((resolve, reject) => {
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk
    })
    child.stdout.once('data', () => resolve())
    child.once('exit', () => reject(new Error(`no namespaces here: ${complaint.trim()}`)))
    child.once('error', reject)
  })
  const inner = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
  return { process: child, inner }
}

function qemuOf(name: string): number {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    let commandLine: string
    try {
      commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      continue // ended since it was listed
    }
    if (commandLine.includes(`guest=${name},`)) return Number(pid)
  }
  throw new Error(`no QEMU of ${name}`)
}

function succeeds(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

async function until(done: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (done()) return
    await systemClock.sleep(50)
  }
  throw new Error('libvirtd did not answer within 10 s')
}
