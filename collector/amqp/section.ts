/** The config section `collector.amqp`: a list of sources, as clouds spread their services over vhosts and brokers. */
import { z } from 'zod'
import { duration, secret } from '../../config/fields.ts'

const url = z.string().superRefine((text, ctx) => {
  const parsed = URL.canParse(text) ? new URL(text) : null
  const complain = (message: string) => ctx.addIssue({ code: 'custom', message })
  if (!parsed || !/^amqps?:$/.test(parsed.protocol))
    complain('not an AMQP address: write amqp://user@host:5672 or amqps://user@host:5671')
  else if (parsed.password !== '') complain('a password is not written here: it goes into `password`, as {file: …} or {env: …}')
  else if (!/^\/?$/.test(parsed.pathname)) complain('the virtual host is not written here: it goes into `vhost`')
})

export const amqpSource = z.strictObject({
  /** Shown in logs and on the Health page. */
  name: z.string().min(1).default('nova'),
  /** The cluster's nodes: tried in turn. */
  urls: z.array(url).min(1),
  password: secret.optional(),
  vhost: z.string().default('/'),
  /** Cinder publishes on `openstack` unless told otherwise. */
  exchanges: z
    .array(z.string().min(1))
    .min(1)
    .prefault(['nova', 'cinder', 'glance', 'neutron', 'keystone', 'swift', 'openstack']),
  topics: z
    .array(z.string().regex(/^[\w.-]+$/, 'a topic has letters, digits, dots, dashes'))
    .min(1)
    .prefault(['notifications', 'versioned_notifications']),
  /** Our own queue: never one of the services' default queues. */
  queue: z
    .string()
    .min(1)
    .refine(
      (name) => !/^(versioned_)?notifications\./.test(name),
      'this is a queue of the services themselves: other consumers would lose what Specola takes',
    )
    .default('specola'),
  queueType: z.enum(['quorum', 'classic']).default('quorum'),
  /** Unacknowledged messages at the most; a batch is a third of them. */
  prefetch: z.int().min(1).max(10_000).default(6000),
  heartbeat: duration.prefault('20s'),
  /** For amqps: the authority, and our own certificate where the broker asks for one. */
  tls: z
    .strictObject({
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      serverName: z.string().optional(),
    })
    .optional(),
})

export const amqpSection = z
  .array(amqpSource)
  .superRefine((sources, ctx) => {
    for (const [i, { name }] of sources.entries())
      if (sources.findIndex((other) => other.name === name) < i)
        ctx.addIssue({
          code: 'custom',
          path: [i, 'name'],
          message: `there is a source "${name}" already; each needs a name of its own`,
        })
  })
  .prefault([])

export type AmqpSource = z.output<typeof amqpSource>
