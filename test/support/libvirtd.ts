/**
 * A real libvirtd of our own, with real QEMU guests, that touches nothing of the machine.
 *
 * As root libvirtd insists on /run/libvirt, /var/lib/libvirt, /etc/libvirt and the user libvirt-qemu, whatever its
 * configuration says. So it runs in namespaces of its own: mounts (those directories are empty tmpfs there, and /etc/passwd
 * has the user), processes (its first process gone, all are gone: no QEMU can be left behind) and network (taps are made
 * where nobody sees them). Its unix sockets are in a directory that both sides share.
 *
 * Where there is no root, or no right to make namespaces (containers), it is libvirt's session daemon of an ordinary user
 * with a home of its own: the same QEMU driver, but without taps and without a read-only socket.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import { type Guest, guestImage, guestXml } from './guest.ts'

export interface Libvirtd {
  /** For clients; read-only where there is such a socket, as the collector would. */
  readonly uri: string
  /** Can guests have network interfaces? */
  readonly taps: boolean
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

/** Where and as whom the daemon runs. */
interface Place {
  /** What a command is prefixed with. */
  enter: readonly string[]
  taps: boolean
  driver: 'system' | 'session'
  /** Makes a file usable for the daemon's user. */
  give(path: string): void
  end(): Promise<void>
}

const prepare = `
mkdir -p /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt
for d in /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt; do mount -t tmpfs specola $d || exit 1; done
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
umount /sys/fs/cgroup/unified 2>/dev/null # its containers cannot make this mount point
ip link set lo up || exit 1
echo ready
while :; do sleep 3600 & wait; done`

export interface LibvirtdOptions {
  /** The session daemon, also where namespaces could be had. */
  session?: boolean
  /** On the machine's own loopback, for what listens there; its guests have no interfaces then. */
  network?: 'own' | 'shared'
  /** Further lines of libvirtd.conf, and whether it listens to the network. */
  settings?: Readonly<Record<string, string | number | readonly string[]>>
  listen?: boolean
  environment?: Readonly<Record<string, string>>
}

/** Starts a daemon whose files are all under `directory`. */
export async function startLibvirtd(directory: string, given: LibvirtdOptions = {}): Promise<Libvirtd> {
  const { session = false, network = 'own', listen = false } = given
  const place = session ? sessionPlace(directory) : await namespacePlace(network).catch(() => sessionPlace(directory))
  const sockets = join(directory, 'sockets')
  mkdirSync(sockets, { recursive: true })
  for (const path of [directory, sockets]) place.give(path)
  const config = join(directory, 'libvirtd.conf')
  const log = join(directory, 'libvirtd.log')
  const base = { unix_sock_dir: sockets, auth_unix_ro: 'none', auth_unix_rw: 'none', log_outputs: `3:file:${log}` }
  const options = { ...base, ...given.settings }
  writeFileSync(
    config,
    Object.entries(options)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
      .join(''),
  )
  place.give(config)

  const uri = (socket: string) => `qemu+unix:///${place.driver}?socket=${join(sockets, socket)}`
  const virsh = (...args: string[]) =>
    execFileSync('virsh', ['-q', '-c', uri('libvirt-sock'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  let daemon: ChildProcess | null = null

  const restart = async () => {
    const environment = Object.entries(given.environment ?? {}).map(([name, value]) => `${name}=${value}`)
    const command = ['libvirtd', '-f', config, '-p', join(directory, 'libvirtd.pid'), '-t', '0', ...(listen ? ['--listen'] : [])]
    const [program = '', ...args] = [...place.enter, 'env', ...environment, ...command]
    const started = spawn(program, args, { stdio: 'ignore' })
    daemon = started
    await until(() => {
      if (started.exitCode !== null) throw new Error(`libvirtd ended: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`)
      return succeeds(() => virsh('list'))
    })
  }
  const kill = async () => {
    const running = daemon
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    process.kill(lastChild(running.pid ?? 0), 'SIGKILL')
    await ended
  }
  await restart()

  return {
    uri: uri(existsSync(join(sockets, 'libvirt-sock-ro')) ? 'libvirt-sock-ro' : 'libvirt-sock'),
    taps: place.taps,
    create(...guests) {
      for (const guest of guests) {
        const image = join(directory, `${guest.name}.img`)
        writeFileSync(image, guestImage(guest))
        place.give(image)
        const xml = join(directory, `${guest.name}.xml`)
        writeFileSync(xml, guestXml(guest, image))
        if (guest.define) {
          virsh('define', xml)
          virsh('start', guest.name)
        } else virsh('create', xml)
      }
    },
    virsh,
    qemu: (name) => {
      const pid = qemusOf(`${directory}/${name}.img`)[0]
      if (pid === undefined) throw new Error(`no QEMU of ${name}`)
      return pid
    },
    kill,
    restart,
    async stop() {
      await kill()
      for (const pid of qemusOf(`${directory}/`)) process.kill(pid, 'SIGKILL')
      await place.end()
    },
  }
}

async function namespacePlace(network: 'own' | 'shared'): Promise<Place> {
  const options = [
    '-m',
    '-p',
    ...(network === 'own' ? ['-n'] : []),
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    prepare,
  ]
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
  return {
    enter: ['nsenter', '-t', String(lastChild(child.pid ?? 0)), '-m', '-p', ...(network === 'own' ? ['-n'] : []), '--'],
    taps: network === 'own' && existsSync('/dev/net/tun'),
    driver: 'system',
    give: () => undefined,
    end() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGKILL')
      return ended
    },
  }
}

const nobody = 65534

function sessionPlace(directory: string): Place {
  const root = process.getuid?.() === 0
  const home = join(directory, 'home')
  const give = (path: string) => {
    if (root) chownSync(path, nobody, nobody)
  }
  for (const path of [home, join(home, 'run')]) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o700)
    give(path)
  }
  const user = root ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  const environment = [`HOME=${home}`, `XDG_RUNTIME_DIR=${join(home, 'run')}`, 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']
  return { enter: [...user, 'env', '-i', ...environment], taps: false, driver: 'session', give, end: async () => undefined }
}

/** `nsenter` and `unshare` stay as the parent of what they start; `setpriv` and `env` become it. */
function lastChild(pid: number): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
  return child > 0 ? child : pid
}

/** QEMU processes whose command line has this text. */
function qemusOf(text: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return commandLine.includes('qemu-system') && commandLine.includes(text) ? [Number(pid)] : []
    } catch {
      return [] // ended since it was listed
    }
  })
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
