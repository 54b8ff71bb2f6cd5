/** Collecting seams that keep what they are given, for tests that look at it afterwards. */
import type { Intake, Logger } from '../../model/contract.ts'
import type { CloudEvent } from '../../model/event.ts'
import type { ComponentHealth, HealthBoard } from '../../model/health.ts'
import type { Hypervisor, Machine, SeenInstance } from '../../model/resource.ts'
import type { Sample } from '../../model/sample.ts'

export interface Captured {
  intake: Intake
  health: HealthBoard
  logger: Logger
  samples: Sample[]
  events: CloudEvent[]
  instances: SeenInstance[]
  hypervisors: Hypervisor[]
  machines: Machine[]
  log: { level: string; message: string }[]
  /** The first one that reported, or the first of a kind. */
  component(kind?: ComponentHealth['kind']): ComponentHealth | undefined
  /** Resolves as soon as `find` finds something in what was captured, looking again whenever there is more. */
  await<T>(find: () => T | undefined): Promise<T>
}

/** A fresh set. */
export function captured(): Captured {
  const waiting = new Set<() => void>()
  const more = () => {
    for (const look of [...waiting]) look()
  }
  const samples: Sample[] = []
  const events: CloudEvent[] = []
  const instances: SeenInstance[] = []
  const hypervisors: Hypervisor[] = []
  const machines: Machine[] = []
  const components = new Map<string, ComponentHealth>()
  const log: Captured['log'] = []
  const logger: Logger = {
    debug: () => undefined,
    info: (message) => void log.push({ level: 'info', message }),
    warn: (message) => void log.push({ level: 'warn', message }),
    error: (message) => void log.push({ level: 'error', message }),
    child: () => logger,
  }
  return {
    samples,
    events,
    instances,
    hypervisors,
    machines,
    log,
    logger,
    component: (kind) => [...components.values()].find((one) => kind === undefined || one.kind === kind),
    intake: {
      async samples(batch) {
        samples.push(...batch)
        more()
      },
      async events(batch) {
        events.push(...batch.map(({ event }) => event))
        more()
        return { events: batch.length, duplicates: 0, ignored: 0 }
      },
      async park() {
        throw new Error('a hypervisor parks nothing')
      },
      async instances(seen) {
        instances.push(...seen)
        more()
      },
      async hypervisor(seen) {
        hypervisors.push(seen)
        more()
      },
      async machines(seen) {
        machines.push(...seen)
        more()
      },
    },
    health: {
      report(report) {
        components.set(report.component, { numbers: {}, since: 0, at: 0, ...report })
        more()
      },
      all: () => [...components.values()],
      watch: () => () => undefined,
    },
    await: (find) =>
      new Promise((resolve) => {
        const look = () => {
          const found = find()
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
