/** Readings on their way into the journal: only what is new goes on. */
import type { Intake, ReadingJournal } from '../../model/contract.ts'
import type { CloudEvent } from '../../model/event.ts'
import { isNews, isNewsOfInstance, tellsLabels } from './novelty.ts'

export interface Taken {
  read: number
  news: number
}

export interface Take {
  /** Of instances. Resolves once durable. */
  instances(readings: readonly CloudEvent[]): Promise<Taken>
  /** Of anything else, all of one kind. Resolves once durable. */
  resources(readings: readonly CloudEvent[]): Promise<Taken>
  /** What is news by itself: actions, ends. */
  events(events: readonly CloudEvent[]): Promise<void>
}

export function take(intake: Pick<Intake, 'events'>, journal: ReadingJournal): Take {
  async function events(batch: readonly CloudEvent[]): Promise<void> {
    if (batch.length > 0) await intake.events(batch.map((event) => ({ event, ignored: false, raw: null })))
  }
  const idOf = (event: CloudEvent) => event.resource?.id ?? ''
  return {
    events,
    async instances(readings) {
      const ids = readings.map(idOf)
      const [known, labels] = await Promise.all([journal.ledgerStates(ids), journal.instanceLabels(ids)])
      const news = readings.filter(
        (reading) =>
          isNewsOfInstance(reading, known.get(idOf(reading)) ?? null) || tellsLabels(reading, labels.get(idOf(reading)) ?? null),
      )
      await events(news)
      return { read: readings.length, news: news.length }
    },
    async resources(readings) {
      const kind = readings[0]?.resource?.kind
      if (kind === undefined) return { read: 0, news: 0 }
      const newest = await journal.newestEvents(kind, readings.map(idOf))
      const news = readings.filter((reading) => isNews(reading, newest.get(idOf(reading)) ?? null))
      await events(news)
      return { read: readings.length, news: news.length }
    },
  }
}
