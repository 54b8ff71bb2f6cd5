/** libvirt URIs: which driver the daemon shall open, and how it is reached. */
import { join } from 'node:path'
import { AppError } from '../../model/contract.ts'

/** Unix sockets are tried in this order. */
export type Route =
  | { kind: 'unix'; sockets: readonly string[] }
  | { kind: 'tls'; host: string; port: number }
  | {
      kind: 'ssh'
      host: string
      port: number | null
      user: string | null
      sockets: readonly string[]
      helper: { uri: string; access: Access } | null
    }

/** All but the guest agent is had with read-only. */
export type Access = 'read-only' | 'read-write'

export interface LibvirtAddress {
  /** What CONNECT_OPEN is told: the URI without transport, host and our own parameters. */
  driverUri: string
  route: Route
}

export const tlsPort = 16514

const uriParts = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)(?:\?([^#]*))?$/i

/** The modular daemon of each driver; `libvirtd` (or `virtproxyd`) serves them all. */
const modularDaemons: Readonly<Record<string, string>> = {
  qemu: 'virtqemud',
  lxc: 'virtlxcd',
  xen: 'virtxend',
  vbox: 'virtvboxd',
  ch: 'virtchd',
  bhyve: 'virtbhyved',
}

/**
 * Drivers that are no daemon's: they speak HTTPS to a machine elsewhere. A libvirtd opens them for its clients, so one on this
 * machine is asked, and told the whole URI; it has the credentials (`/etc/libvirt/auth.conf`).
 */
const remoteDrivers = new Set(['esx', 'gsx', 'vpx', 'hyperv'])

const remoteExamples = 'esx://root@esx-01/?no_verify=1, vpx://user@vcenter/datacenter/cluster/esx-01, hyperv://user@host/'
const examples = 'qemu:///system, qemu+tls://host/system, qemu+ssh://user@host/system'

/**
 * Understands `qemu:///system`, `qemu:///session`, `qemu+unix:///system?socket=/path`, `qemu://host/system` and `qemu+tls://`
 * (TLS), `qemu+ssh://user@host:port/system?socket=/path`; the same with other drivers (`lxc:///system`, `xen+tls://host/system`,
 * `test:///default`); and `esx://user@host/?no_verify=1` or `hyperv://user@host/`, which the libvirtd of this machine opens.
 */
export function parseLibvirtUri(
  uri: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  access: Access = 'read-only',
): LibvirtAddress {
  const match = uriParts.exec(uri)
  if (!match) {
    const some = remoteDrivers.has(uri.split(':')[0]?.toLowerCase() ?? '') ? remoteExamples : examples
    throw new AppError('invalid', `${uri}: not a libvirt URI (write for example ${some})`)
  }
  const [, driver = '', transport, authority = '', path = '', query = ''] = match
  if (remoteDrivers.has(driver.toLowerCase())) return overLocalDaemon(uri, access)
  const driverUri = `${driver}://${path}`
  const parameters = new URLSearchParams(query)
  const given = parameters.get('socket')
  const sockets = given
    ? [access === 'read-only' ? given : given.replace(/-ro$/, '')]
    : socketPaths(driver, path, environment, access)
  const kind = transport ?? (authority === '' ? 'unix' : 'tls')
  if (kind === 'unix') {
    if (authority !== '') throw new AppError('invalid', `${uri}: a unix socket is on this machine, it has no host`)
    return { driverUri, route: { kind, sockets } }
  }
  if (kind !== 'tls' && kind !== 'ssh') throw new AppError('invalid', `${uri}: ${notSupported(kind)}`)
  const { user, host, port } = readAuthority(uri, authority)
  if (kind === 'tls') return { driverUri, route: { kind, host, port: port ?? tlsPort } }
  return { driverUri, route: { kind, host, port, user, sockets, helper: given ? null : { uri: driverUri, access } } }
}

/** `esx://user@host/?no_verify=1` and the like; `socket` is ours. */
function overLocalDaemon(uri: string, access: Access): LibvirtAddress {
  const [, driver = '', transport, authority = '', path = '', query = ''] = uriParts.exec(uri) ?? []
  if (transport !== undefined)
    throw new AppError('invalid', `${uri}: ${driver} is opened by the libvirtd of this machine: write ${driver}://user@host/`)
  readAuthority(uri, authority) // no password in it, and nothing that is not a host
  const parameters = new URLSearchParams(query)
  const given = parameters.get('socket')
  parameters.delete('socket')
  const rest = parameters.size > 0 ? `?${parameters}` : ''
  const kinds = access === 'read-only' ? ['-sock-ro', '-sock'] : ['-sock']
  const sockets = given ? [given] : kinds.map((kind) => join('/run/libvirt', `libvirt${kind}`))
  return { driverUri: `${driver}://${authority}${path}${rest}`, route: { kind: 'unix', sockets } }
}

function notSupported(transport: string): string {
  return transport === 'tcp'
    ? 'plain TCP sends everything readable, and its only logins (DIGEST-MD5, Kerberos) wrap the stream in their own way; use tls, ssh, or a collector on the hypervisor itself (qemu:///system)'
    : `"${transport}" is none of the transports unix, tls, ssh`
}

function readAuthority(uri: string, authority: string): { user: string | null; host: string; port: number | null } {
  const match = /^(?:([^@]*)@)?(\[[0-9a-f:.%]+\]|[^:[\]@]+)(?::(\d{1,5}))?$/i.exec(authority)
  const [, user, name = '', digits] = match ?? []
  const host = name.replace(/^\[|\]$/g, '')
  const port = digits === undefined ? null : Number(digits)
  // A name that begins with a dash would be an option to ssh.
  if (
    !match ||
    !/^[a-z0-9_:.%-]+$/i.test(host) ||
    host.startsWith('-') ||
    (user !== undefined && !/^[a-z_][a-z0-9_.@-]*$/i.test(user))
  )
    throw new AppError('invalid', `${uri}: "${authority}" is not a host (write name, user@name or name:port)`)
  if (port !== null && (port < 1 || port > 65535)) throw new AppError('invalid', `${uri}: ${port} is not a port`)
  return { user: user ?? null, host, port }
}

/** Read-only sockets first: bulk statistics, XML and events need no more, and nobody has to grant us more. */
function socketPaths(
  driver: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  access: Access,
): string[] {
  const daemons = [modularDaemons[driver], 'libvirt'].filter((name) => name !== undefined)
  const directory = socketDirectory(driver, path, environment)
  const kinds = access === 'read-only' ? ['-sock-ro', '-sock'] : ['-sock']
  return kinds.flatMap((kind) => daemons.map((daemon) => join(directory, `${daemon}${kind}`)))
}

function socketDirectory(driver: string, path: string, environment: Readonly<Record<string, string | undefined>>): string {
  if (driver !== 'qemu' || path !== '/session') return '/run/libvirt'
  const runtime = environment.XDG_RUNTIME_DIR
  if (runtime) return join(runtime, 'libvirt')
  return join(environment.XDG_CACHE_HOME ?? join(environment.HOME ?? '/', '.cache'), 'libvirt')
}
