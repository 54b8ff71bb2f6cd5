/** What a notifier may ask for while it makes a message: which conversation it belongs to, and how the metric went. */
import type { Logger, MetricHistory, NotifierContext, SampleStore } from '../model/contract.ts'
import type { AlertWriter, QueuedNotification } from '../model/tracked-check.ts'
import type { Rule } from './rules.ts'

/** What a small picture shows: three hours, one value a minute. */
const historyMs = 3 * 3_600_000
const stepMs = 60_000

export interface AidDeps {
  store: Pick<SampleStore, 'range'>
  journal: Pick<AlertWriter, 'conversation'>
  logger: Logger
}

type Aids = Required<Pick<NotifierContext<unknown>, 'conversation' | 'history'>>

/** A store that does not answer costs the picture, never the message. */
export function messageAids({ store, journal, logger }: AidDeps, rules: readonly Rule[]) {
  return (queued: QueuedNotification): Aids => ({
    conversation: () => journal.conversation(queued),
    history: () =>
      historyOf(store, rules, queued.message).catch((error: Error) => {
        logger.debug(`a message goes without its picture: ${error.message}`, { error })
        return null
      }),
  })
}

async function historyOf(
  store: Pick<SampleStore, 'range'>,
  rules: readonly Rule[],
  { problem, time }: QueuedNotification['message'],
): Promise<MetricHistory | null> {
  const rule = rules.find(({ name }) => name === problem.rule)
  const metric = rule?.check.metric?.(rule.config, problem.target) ?? null
  if (metric === null) return null
  const { measurement, field, where, unit } = metric
  const to = Math.ceil(time / stepMs) * stepMs
  const from = to - historyMs
  const query = { measurement, fields: [field], where, from, to, step: stepMs }
  const { times, series } = await store.range({ ...query, aggregates: ['mean'], groupBy: Object.keys(where) })
  const values = series[0]?.values
  return values?.some((value) => value !== null) ? { from, to, times, values, unit } : null
}
