/** Both ends of the way from agents to the central Specola: `agent` on a hypervisor, `collector.agents` in the centre. */
import { z } from 'zod'
import { bytes, duration } from '../../config/fields.ts'
import { amqpSource } from '../amqp/section.ts'

/** The same on both sides: whoever comes first sets them up, so that nothing is lost before the other is there. */
const meeting = {
  exchange: z.string().min(1).prefault('specola'),
  queue: z.string().min(1).prefault('specola-agents'),
  /** What may wait in the broker for the centre; beyond, agents keep it. */
  most: bytes.prefault('1GiB'),
}
const broker = amqpSource.pick({ urls: true, password: true, vhost: true, heartbeat: true, tls: true })

export const agentSection = broker.extend({
  ...meeting,
  /** The agent's name; default: that of this machine. */
  name: z.string().min(1).max(200).optional(),
  /** How often it says that it lives, and how its parts are. */
  health: duration.prefault('15s').refine((ms) => ms >= 1000, 'at least 1s'),
  /** Samples that wait in memory while the broker is away: about 400 bytes each; 50 guests at 30 s make 600 a minute. */
  waiting: z.int().min(1000).max(1_000_000).prefault(50_000),
  /** On disk instead, and so beyond the agent's own end; of this agent alone. */
  spool: z.strictObject({ directory: z.string().min(1), most: bytes.prefault('256MiB') }).optional(),
})

export const agentsSection = z
  .array(
    broker.extend({ ...meeting, name: z.string().min(1).prefault('agents'), prefetch: z.int().min(1).max(1000).prefault(64) }),
  )
  .superRefine((sources, ctx) => {
    for (const [i, { name }] of sources.entries())
      if (sources.findIndex((other) => other.name === name) < i)
        ctx.addIssue({ code: 'custom', path: [i, 'name'], message: `there is a source "${name}" already` })
  })
  .prefault([])

export type AgentConfig = z.output<typeof agentSection>
export type AgentsSource = z.output<typeof agentsSection>[number]
export type Meeting = Pick<AgentConfig, 'exchange' | 'queue' | 'most'>
