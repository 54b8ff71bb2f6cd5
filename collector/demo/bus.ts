/** The demo's bus: the recorded cloud's messages as the past, and a job now and then as its present, read as from a broker. */
import type { Clock } from '../../model/clock.ts'
import type { Collector, Intake, Logger } from '../../model/contract.ts'
import type { RecordedEvent } from '../../model/event.ts'
import type { HealthBoard } from '../../model/health.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { openText } from '../amqp/envelope.ts'
import { type BusMessage, readRecorded } from '../amqp/read.ts'
import { type JobTemplate, jobMessages } from './job.ts'
import { moveTimes, stretched, type TimeMap } from './time-map.ts'

/** The recorded twelve minutes are shown as this long. */
export const demoSpanMs = 6 * 24 * 3_600_000
/** The past ends this long before now. */
const quietBeforeNowMs = 90_000
const jobEveryMs = 150_000
const jobLifeMs = 75_000
const batchSize = 500

export interface DemoPast {
  map: TimeMap
  events: RecordedEvent[]
  jobs: JobTemplate[]
}

/** Reads the recording as if it had happened in the days before `now`. Throws when the recording is damaged. */
export function demoPast(recorded: readonly BusMessage[], now: number): DemoPast {
  const times = recorded.map(sentAt)
  const map = stretched(
    times.toSorted((a, b) => a - b),
    now - quietBeforeNowMs,
    demoSpanMs,
  )
  const events = recorded.map((message) => eventOf({ ...message, body: moveTimes(message.body, map) }))
  const jobs = jobTemplates(
    recorded.map((message, i) => ({ message, time: times[i] as number, event: (events[i] as RecordedEvent).event })),
  )
  return { map, events, jobs }
}

function sentAt({ body }: BusMessage): number {
  const opened = openText(body)
  const time = opened.ok ? parseTimestamp(opened.message.timestamp) : null
  if (time === null) throw new Error("the demo's recording is damaged: a message without a time")
  return time
}

function eventOf(message: BusMessage): RecordedEvent {
  const read = readRecorded(message)
  if (!read.ok) throw new Error(`the demo's recording is damaged: ${read.parked.reason}`)
  return read.recorded
}

/** Instances that were created and deleted within the recording. */
function jobTemplates(told: readonly { message: BusMessage; time: number; event: RecordedEvent['event'] }[]): JobTemplate[] {
  const byInstance = Map.groupBy(
    told.filter(({ event }) => event.service === 'nova' && event.resource?.kind === 'instance'),
    ({ event }) => event.resource?.id as string,
  )
  return [...byInstance].flatMap(([instance, its]) => {
    const messages = its.map(({ message, time }) => ({ message, time })).sort((a, b) => a.time - b.time)
    const created = its.some(({ event }) => event.type === 'instance.create' && event.phase === 'end')
    const deleted = its.find(({ event }) => event.type === 'instance.delete' && event.phase === 'start')
    const isJob = its.some(({ event }) => event.instance?.name?.includes('-job-'))
    return created && deleted && isJob ? [{ instance, messages, deletedFrom: deleted.time }] : []
  })
}

/** Tells one job after the other, each message when it is due. */
export function demoBus(
  jobs: readonly JobTemplate[],
  deps: { intake: Pick<Intake, 'events'>; clock: Clock; logger: Logger; health: HealthBoard },
): Collector {
  const { intake, clock, health } = deps
  return {
    name: 'amqp demo',
    async run(signal) {
      let told = 0
      for (let run = 0; !signal.aborted && jobs.length > 0; run++) {
        const began = clock.now()
        const template = jobs[run % jobs.length] as JobTemplate
        for (const { at, message } of jobMessages(template, `${began}`, began, began + jobLifeMs)) {
          const wait = at - clock.now()
          if (wait > 0 && !(await slept(clock, wait, signal))) break
          await intake.events([eventOf(message)])
          told++
          health.report({
            component: 'amqp demo',
            kind: 'amqp',
            state: 'ok',
            detail: 'replaying a recorded cloud',
            numbers: { messages: told },
          })
        }
        if (!(await slept(clock, Math.max(1000, began + jobEveryMs - clock.now()), signal))) return
      }
    },
  }
}

async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal)
    return true
  } catch {
    return false // aborted
  }
}

export async function recordInBatches(events: readonly RecordedEvent[], intake: Pick<Intake, 'events'>): Promise<void> {
  for (let i = 0; i < events.length; i += batchSize) await intake.events(events.slice(i, i + batchSize))
}
