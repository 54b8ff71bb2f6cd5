/** The format of alerting traces: one small installation, what was fed to it, and what an engine did. Times are seconds after the start. */
import { z } from 'zod'

const object = {
  maxAttempts: z.int().min(1),
  checkInterval: z.number(),
  retryInterval: z.number(),
  activeChecks: z.boolean(),
  checkPeriod: z.string(),
  /** Seconds; 0 = computed. */
  freshnessThreshold: z.number().optional(),
  eventHandler: z.boolean(),
  flapDetection: z.boolean(),
  flapOptions: z.array(z.string()),
  lowFlap: z.number().optional(),
  highFlap: z.number().optional(),
  notificationInterval: z.number(),
  firstNotificationDelay: z.number(),
  notificationPeriod: z.string(),
  notificationOptions: z.array(z.string()),
  contacts: z.array(z.string()),
  importance: z.number().default(0),
}

const host = z.object({ name: z.string(), parents: z.array(z.string()), ...object })
const service = z.object({ host: z.string(), name: z.string(), volatile: z.boolean(), ...object })
const contact = z.object({
  name: z.string(),
  servicePeriod: z.string(),
  hostPeriod: z.string(),
  serviceOptions: z.array(z.string()),
  hostOptions: z.array(z.string()),
  minimumImportance: z.number().default(0),
})

/** `host`/`service` is what is depended upon; without `dependentService` it is host on host. */
const dependency = z.object({
  host: z.string(),
  service: z.string().optional(),
  dependentHost: z.string(),
  dependentService: z.string().optional(),
  inherits: z.boolean(),
  executionFailure: z.array(z.string()),
  notificationFailure: z.array(z.string()),
  period: z.string().optional(),
})
const escalation = z.object({
  host: z.string(),
  service: z.string().optional(),
  first: z.number(),
  last: z.number(),
  interval: z.number(),
  options: z.array(z.string()),
  contacts: z.array(z.string()),
  period: z.string().optional(),
})
const outcome = z.object({ exit: z.int(), output: z.string() })

const step = z.object({
  t: z.number(),
  do: z.string(),
  host: z.string().optional(),
  service: z.string().optional(),
  exit: z.int().optional(),
  output: z.string().optional(),
  via: z.string().optional(),
  sticky: z.boolean().optional(),
  notify: z.boolean().optional(),
  persistent: z.boolean().optional(),
  until: z.number().optional(),
  start: z.number().optional(),
  end: z.number().optional(),
  fixed: z.boolean().optional(),
  duration: z.number().optional(),
  number: z.int().optional(),
  triggeredBy: z.int().optional(),
  forced: z.boolean().optional(),
  broadcast: z.boolean().optional(),
  increment: z.boolean().optional(),
})

/** Keys that the replay does not read are let through: an installation may say more than it needs. */
export const traceSchema = z.object({
  format: z.literal('nagios-trace/1'),
  id: z.string(),
  family: z.string(),
  clock: z.object({ start: z.number(), timezone: z.string() }),
  settings: z.object({
    intervalLength: z.number(),
    flapDetection: z.boolean(),
    lowServiceFlap: z.number(),
    highServiceFlap: z.number(),
    lowHostFlap: z.number(),
    highHostFlap: z.number(),
    translatePassiveHostResults: z.boolean(),
    passiveHostResultsAreSoft: z.boolean(),
    softStateDependencies: z.boolean(),
    predictiveDependencyChecks: z.boolean(),
    cachedHostCheckHorizon: z.number(),
    cachedServiceCheckHorizon: z.number(),
    freshness: z.boolean(),
    freshnessInterval: z.number(),
    additionalFreshnessLatency: z.number(),
  }),
  timePeriods: z.array(z.object({ name: z.string(), lines: z.array(z.string()), exclude: z.array(z.string()).default([]) })),
  contacts: z.array(contact),
  hosts: z.array(host),
  services: z.array(service),
  dependencies: z.array(dependency),
  escalations: z.array(escalation),
  plan: z.record(z.string(), z.array(outcome)),
  steps: z.array(step),
  until: z.number(),
  /** What another engine did. Only the order of what is due in one instant is taken from it: that is left to chance. */
  observed: z
    .array(
      z.object({
        ...{ t: z.number(), ev: z.string(), host: z.string().optional(), service: z.string().optional() },
        ...{ via: z.string().optional(), what: z.string().optional(), number: z.number().optional() },
      }),
    )
    .default([]),
})

export type Trace = z.output<typeof traceSchema>
export type TraceHost = z.output<typeof host>
export type TraceService = z.output<typeof service>
export type TraceContact = z.output<typeof contact>
export type TraceStep = z.output<typeof step>

/** One thing that the engine did. */
export interface Observed {
  t: number
  ev: string
  host?: string
  service?: string
  [key: string]: unknown
}
