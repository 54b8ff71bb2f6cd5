import { z } from 'zod'
import { duration, secret } from '../../config/fields.ts'
import { parseLibvirtUri } from './uri.ts'

const path = z.string().min(1)

/** Files in PEM; read anew at each connection, so that a renewed certificate counts at once. */
const tls = z
  .strictObject({
    ca: path.prefault('/etc/pki/CA/cacert.pem'),
    /** Ours, if the daemon asks for one. */
    cert: path.optional(),
    key: path.optional(),
    /** The name in the daemon's certificate, where it is not the host of the URI. */
    serverName: z.string().min(1).optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key belong together: give both or none')

/** SCRAM; the password never leaves this machine. */
const sasl = z.strictObject({ user: z.string().min(1), password: secret })

/** The system's own ssh, with its configuration; it must get in without asking anybody anything. */
const ssh = z.strictObject({
  program: path.prefault('ssh'),
  key: path.optional(),
  knownHosts: path.optional(),
})

const connection = z
  .strictObject({
    uri: z.string().superRefine((uri, ctx) => {
      try {
        parseLibvirtUri(uri)
      } catch (error) {
        ctx.addIssue({ code: 'custom', message: (error as Error).message })
      }
    }),
    tls: tls.optional(),
    sasl: sasl.optional(),
    ssh: ssh.optional(),
    /** As Nova calls it; default: the daemon's own host name. */
    host: z.string().min(1).optional(),
    interval: duration.prefault('30s'),
    /** Of one call. The daemon's own calls to a healthy QEMU take milliseconds. */
    timeout: duration.prefault('5s'),
    /** How often guests are asked through their agents; absent = never. Needs read-write access. */
    agent: duration.optional(),
    /** Domains per bulk call: one QEMU that hangs holds up as many others, once. */
    chunk: z.int().min(1).max(1000).prefault(25),
  })
  .superRefine(({ uri, tls, ssh }, ctx) => {
    const kind = kindOf(uri)
    for (const [name, given] of [
      ['tls', tls],
      ['ssh', ssh],
    ] as const)
      if (given !== undefined && kind !== null && kind !== name)
        ctx.addIssue({ code: 'custom', path: [name], message: `the URI is reached over ${kind}, not over ${name}` })
  })

function kindOf(uri: string) {
  try {
    return parseLibvirtUri(uri).route.kind
  } catch {
    return null // told at the URI itself
  }
}

/** One hypervisor to watch. */
export type LibvirtConnection = z.output<typeof connection>

/** How to reach a daemon, and as whom. */
export type LibvirtEndpoint = Pick<LibvirtConnection, 'uri' | 'tls' | 'sasl' | 'ssh'>

/** The `libvirt:` section: the hypervisors whose daemon this process can reach. */
export const libvirtSection = z
  .array(connection)
  .superRefine((connections, ctx) => {
    for (const [i, { host }] of connections.entries())
      if (connections.findIndex((other) => other.host === host) < i)
        ctx.addIssue({
          code: 'custom',
          path: [i, 'host'],
          message:
            host === undefined
              ? 'missing: only one hypervisor can go by the name of this machine'
              : `there is a hypervisor "${host}" already`,
        })
  })
  .prefault([])

/** The `libvirtAtOnce:` setting: how many hypervisors are connected to or polled at a time. */
export const atOnceSetting = z.int().min(1).max(1000).default(16)
