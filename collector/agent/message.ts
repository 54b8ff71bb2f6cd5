/** What an agent tells the central Specola: one message of one kind, JSON, compressed. What comes in is checked before it is believed. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { AppError } from '../../model/contract.ts'
import { type CloudEvent, nativeEvent } from '../../model/event.ts'
import type { HealthReport } from '../../model/health.ts'
import type { Hypervisor, Machine, SeenInstance } from '../../model/resource.ts'
import type { Sample } from '../../model/sample.ts'
import type { MayBe } from '../ganglia/known-machines.ts'

export type AgentNews =
  | { kind: 'samples'; samples: readonly Sample[] }
  | { kind: 'events'; events: readonly CloudEvent[] }
  | { kind: 'instances'; instances: readonly SeenInstance[] }
  | { kind: 'hypervisor'; hypervisor: Hypervisor }
  /** `mayBe`: what they may be found to be at the centre; older agents do not say, and nobody is matched. */
  | { kind: 'machines'; machines: readonly Machine[]; mayBe?: MayBe }
  /** How the agent's own parts are; also its sign of life. `everyMs`: when the next is due. */
  | { kind: 'health'; everyMs: number; components: readonly HealthReport[] }

export interface AgentMessage {
  /** The agent's name: the host that it runs on. */
  agent: string
  news: AgentNews
}

/** A batch of 5,000 samples is 2 MB; what unfolds to more than this is not looked at. */
const mostBytes = 32 * 1024 * 1024
const level = 1

export function encodeMessage(message: AgentMessage): Buffer {
  return gzipSync(JSON.stringify({ v: 1, ...message }), { level })
}

/** Throws AppError('protocol') with what is wrong and where. */
export function decodeMessage(body: Buffer): AgentMessage {
  let told: unknown
  try {
    told = JSON.parse(gunzipSync(body, { maxOutputLength: mostBytes }).toString('utf8'))
  } catch (cause) {
    throw new AppError('protocol', `not a message of an agent: ${(cause as Error).message.slice(0, 200)}`)
  }
  const read = messageSchema.safeParse(told)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new AppError('protocol', `not a message of an agent: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  return { agent: read.data.agent, news: read.data.news as AgentNews }
}

const id = z.string().min(1).max(200)
const text = z.string().max(4000)
const time = z.int().min(0)
const named = z.object({ id, name: text.nullable() })
const tags = z.record(z.string().min(1).max(100), z.string().max(2000))

const sample = z.object({
  measurement: z.string().regex(/^[a-z][a-z0-9_]{0,60}$/),
  tags,
  fields: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,60}$/), z.number()),
  time,
})

/** Only what a hypervisor can have seen: an agent does not speak for Nova. */
const event = z
  .object({
    id,
    type: z.string().regex(/^domain\.[a-z_]{1,60}$/),
    time,
    priority: z.string().max(20),
    publisher: id,
    service: z.literal('libvirt'),
    resource: z.object({ kind: z.literal('instance'), id }),
    project: id.nullable(),
    user: id.nullable(),
    host: id.nullable(),
    facts: z.record(z.string().max(100), z.union([z.string().max(4000), z.number(), z.boolean(), z.null()])).optional(),
  })
  .transform(({ facts, ...told }): CloudEvent => nativeEvent({ ...told, ...(facts && { facts }) }))

const instance = z.object({
  ...{ id, domain: text, host: id, name: text.nullable(), project: named.nullable(), user: named.nullable() },
  flavor: z.object({ name: text, vcpus: z.number(), memoryMb: z.number(), diskGb: z.number() }).nullable(),
  image: text.nullable(),
  addresses: z.array(z.object({ address: text, mac: text.optional(), label: text.optional() })).max(1000),
  createdAt: time.nullable(),
  seenAt: time,
})

const hypervisor = z.object({
  ...{ host: id, uri: text.nullable(), cpus: z.number().nullable(), memoryBytes: z.number().nullable() },
  ...{ version: text.nullable(), seenAt: time },
})

const metric = z.object({ title: text.nullable(), unit: text, group: text.nullable(), type: text, slope: text })
const machine = z.object({
  ...{ cluster: id, name: id, address: text.nullable(), hypervisor: id.nullable(), instance: id.nullable() },
  ...{ project: id.nullable(), metrics: z.record(z.string(), metric), facts: z.record(z.string(), text), seenAt: time },
})

const mayBe = z.array(z.enum(['hypervisors', 'instances'])).max(2)

const component = z.object({
  component: id,
  kind: z.enum(['libvirt', 'qemu', 'ganglia', 'store']),
  host: id.optional(),
  state: z.enum(['starting', 'ok', 'degraded', 'down', 'stopped']),
  detail: text,
  numbers: z.record(z.string().max(100), z.number()).optional(),
})

const messageSchema = z.object({
  v: z.literal(1),
  agent: id,
  news: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('samples'), samples: z.array(sample).max(100_000) }),
    z.object({ kind: z.literal('events'), events: z.array(event).max(10_000) }),
    z.object({ kind: z.literal('instances'), instances: z.array(instance).max(20_000) }),
    z.object({ kind: z.literal('hypervisor'), hypervisor }),
    z.object({ kind: z.literal('machines'), machines: z.array(machine).max(20_000), mayBe: mayBe.optional() }),
    z.object({ kind: z.literal('health'), everyMs: z.int().min(1000).max(3_600_000), components: z.array(component).max(1000) }),
  ]),
})
