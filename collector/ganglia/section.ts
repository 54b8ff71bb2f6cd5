/** The config section `collector.ganglia`: gmonds and gmetads to read. */
import { z } from 'zod'
import { bytes, duration } from '../../config/fields.ts'

const address = z.string().transform((text, ctx) => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/i.exec(text.trim())
  const port = Number(match?.[3])
  if (match && port >= 1 && port <= 65_535) return { host: (match[1] ?? match[2]) as string, port }
  ctx.addIssue({
    code: 'custom',
    message: `not an address: "${text}" (write HOST:PORT, gmond's port is 8649, gmetad's 8651, its interactive one 8652)`,
  })
  return z.NEVER
})

export const gangliaSource = z
  .strictObject({
    /** Shown in logs and on the Health page. */
    name: z.string().min(1).max(100),
    /**
     * Tried in turn. In a multicast set-up every gmond of a cluster knows all others: name two or three of them. In a unicast
     * set-up name the collecting gmonds, or a gmetad.
     */
    addresses: z.array(address).min(1),
    /** gmetad's interactive port: the clusters below are asked for one by one. */
    interactive: z.boolean().default(false),
    /** Only these clusters; default all that are told of. */
    clusters: z
      .array(
        z
          .string()
          .min(1)
          .regex(/^[^\r\n/?]+$/, 'a cluster of an interactive gmetad has no / and no ? in its name'),
      )
      .optional(),
    /** What its machines may be found to be. Guests speak for themselves: keep them in a cluster apart from hypervisors. */
    machines: z.array(z.enum(['hypervisors', 'instances'])).prefault(['hypervisors', 'instances']),
    interval: duration.prefault('20s').refine((ms) => ms >= 1000, 'at least 1s'),
    timeout: duration.prefault('10s').refine((ms) => ms > 0, 'more than nothing'),
    /** The largest answer that is read: about 500 bytes a metric. */
    most: bytes.prefault('32MiB'),
  })
  .refine(({ interactive, clusters }) => !interactive || (clusters?.length ?? 0) > 0, {
    path: ['clusters'],
    message: 'an interactive gmetad is asked for clusters by name: name them, or read its other port (8651)',
  })

export const gangliaSection = z
  .array(gangliaSource)
  .superRefine((sources, ctx) => {
    for (const [i, { name }] of sources.entries())
      if (sources.findIndex((other) => other.name === name) < i)
        ctx.addIssue({ code: 'custom', path: [i, 'name'], message: `there is a source "${name}" already` })
  })
  .prefault([])

export type GangliaSource = z.output<typeof gangliaSource>
