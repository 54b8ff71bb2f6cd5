import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { parseLibvirtUri } from './uri.ts'

const connection = z.strictObject({
  uri: z.string().superRefine((uri, ctx) => {
    try {
      parseLibvirtUri(uri)
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: (error as Error).message })
    }
  }),
  /** As Nova calls it; default: the daemon's own host name. */
  host: z.string().min(1).optional(),
  interval: duration.prefault('30s'),
  /** Of one call. The daemon's own calls to a healthy QEMU take milliseconds. */
  timeout: duration.prefault('5s'),
  /** Domains per bulk call: one QEMU that hangs holds up as many others, once. */
  chunk: z.int().min(1).max(1000).prefault(25),
})

/** One hypervisor to watch. */
export type LibvirtConnection = z.output<typeof connection>

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
