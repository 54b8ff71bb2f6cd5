/** libvirt URIs: which driver the daemon shall open, and how it is reached. */
import { join } from 'node:path'
import { AppError } from '../../model/contract.ts'

export interface LibvirtAddress {
  /** What CONNECT_OPEN is told: the URI without transport and without our own parameters. */
  driverUri: string
  /** Unix sockets to try, in this order. */
  sockets: readonly string[]
}

/** Read-only sockets first: bulk statistics, XML and events need no more, and nobody has to grant us more. */
const socketNames = ['virtqemud-sock-ro', 'libvirt-sock-ro', 'virtqemud-sock', 'libvirt-sock']

/** Understands `qemu:///system`, `qemu:///session`, `qemu+unix:///system?socket=/path`, `test:///default` and `test+unix:///…?socket=`. */
export function parseLibvirtUri(uri: string, environment: Readonly<Record<string, string | undefined>> = {}): LibvirtAddress {
  const match = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)(?:\?([^#]*))?$/i.exec(uri)
  if (!match) throw new AppError('invalid', `${uri}: not a libvirt URI (write for example qemu:///system)`)
  const [, driver = '', transport, host = '', path = '', query = ''] = match
  if ((transport !== undefined && transport !== 'unix') || host !== '')
    throw new AppError(
      'invalid',
      `${uri}: only the local unix socket is supported as transport; run a collector on the hypervisor itself (qemu:///system)`,
    )
  const socket = new URLSearchParams(query).get('socket')
  const driverUri = `${driver}://${path}`
  if (socket !== null && socket !== '') return { driverUri, sockets: [socket] }
  return { driverUri, sockets: socketNames.map((name) => join(socketDirectory(driver, path, environment), name)) }
}

function socketDirectory(driver: string, path: string, environment: Readonly<Record<string, string | undefined>>): string {
  if (driver !== 'qemu' || path !== '/session') return '/run/libvirt'
  const runtime = environment.XDG_RUNTIME_DIR
  if (runtime) return join(runtime, 'libvirt')
  return join(environment.XDG_CACHE_HOME ?? join(environment.HOME ?? '/', '.cache'), 'libvirt')
}
