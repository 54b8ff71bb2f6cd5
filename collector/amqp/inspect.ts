/** A look at a broker that changes nothing there: which exchanges there are, and which notification queues nobody reads. */
import { openConnection } from './connection.ts'
import type { AmqpSource } from './section.ts'

export interface BrokerView {
  url: string
  exchanges: readonly { name: string; there: boolean }[]
  /** Queues that exist, by name: what waits in them and how many read from them. */
  queues: readonly { name: string; messages: number; consumers: number }[]
  /** Our own, or null where it was not declared yet. */
  own: { messages: number; consumers: number } | null
}

const priorities = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']
/** Where services publish when they are not told otherwise. */
const usual = ['nova', 'cinder', 'openstack', 'glance', 'neutron', 'keystone', 'swift']

/** Asks the first node that answers; everything is asked for passively. Rejects with the error of the last node. */
export async function inspectBroker(source: AmqpSource): Promise<BrokerView> {
  let last: unknown
  for (const url of source.urls) {
    try {
      return await lookAt(source, url)
    } catch (error) {
      last = error
    }
  }
  throw last
}

async function lookAt(source: AmqpSource, url: string): Promise<BrokerView> {
  const connection = await openConnection(source, url)
  connection.on('error', () => undefined) // the call that met it is rejected too
  try {
    /** What is not there (404), or not ours to see (403), closes its channel: each is asked for on one of its own. */
    const ask = async <T>(question: (channel: Awaited<ReturnType<typeof connection.createChannel>>) => Promise<T>) => {
      const channel = await connection.createChannel()
      channel.on('error', () => undefined)
      try {
        const answer = await question(channel)
        await channel.close().catch(() => undefined) // closed already: nothing is lost
        return answer
      } catch (error) {
        if (/40[345]|NOT.FOUND|ACCESS.REFUSED|RESOURCE.LOCKED/i.test((error as Error).message)) return null
        throw error
      }
    }
    const exchanges: BrokerView['exchanges'][number][] = []
    for (const name of new Set([...source.exchanges, ...usual]))
      exchanges.push({ name, there: (await ask((channel) => channel.checkExchange(name))) !== null })
    const queues: BrokerView['queues'][number][] = []
    for (const name of source.topics.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`))) {
      const queue = await ask((channel) => channel.checkQueue(name))
      if (queue) queues.push({ name, messages: queue.messageCount, consumers: queue.consumerCount })
    }
    const own = await ask((channel) => channel.checkQueue(source.queue))
    return { url, exchanges, queues, own: own && { messages: own.messageCount, consumers: own.consumerCount } }
  } finally {
    await connection.close().catch(() => undefined) // lost already: nothing is left to close
  }
}
