import { randomBytes } from 'node:crypto'
import type { Response } from 'express'
import { every } from '../model/clock.ts'
import type { Live } from '../model/contract.ts'
import { LiveClient, type LiveTools } from './live-client.ts'
import type { Visit } from './visit.ts'

const beatMs = 15_000
const clientsAtMost = 1000
const clientsPerAccount = 50
const topicsAtMost = 12
const topicLength = 2000

/** A page that wants to be kept up to date. */
export interface Connection {
  visit: Visit
  response: Response
  topics: readonly string[]
  /** The position that the page or the broken stream had. */
  since: string | null
  /** The visit as the account is now; null when its session is over. */
  refresh(): Promise<Visit | null>
}

export interface LiveHub {
  /** Position of the newest change; a page carries it, so that nothing is lost between page and stream. */
  version(): string
  clients(): number
  /** False when there are too many streams already. */
  connect(connection: Connection): boolean
  close(): void
}

export interface HubOptions extends Omit<LiveTools, 'version'> {
  live: Live
  /** Told how many streams are open, whenever that changes. */
  counted(streams: number): void
}

/** Fans changes out to the pages that are open. */
export function createLiveHub({ live, counted, ...options }: HubOptions): LiveHub {
  const boot = randomBytes(4).toString('hex')
  const clients = new Set<LiveClient>()
  let count = 0
  const tools: LiveTools = { ...options, version: () => `${boot}-${count}` }
  const stop = live.subscribe((change) => {
    count++
    for (const client of clients) client.mark(change)
  })

  const run = (client: LiveClient, { response, refresh }: Connection) => {
    const ended = (error: unknown) => {
      if (client.signal.aborted) return
      tools.logger.warn('a live stream ended', { error: String(error) })
      client.drop()
    }
    client.signal.addEventListener('abort', () => {
      clients.delete(client)
      counted(clients.size)
    })
    response.on('close', () => client.drop())
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
    response.write('retry: 2000\n\n')
    client.serve().catch(ended)
    every(tools.clock, beatMs, client.signal, async () => client.beat(await refresh())).catch(ended)
  }

  return {
    version: tools.version,
    clients: () => clients.size,
    connect(connection) {
      const { visit, response, topics, since } = connection
      const own = [...clients].filter(({ account }) => account === visit.viewer.account).length
      if (clients.size >= clientsAtMost || own >= clientsPerAccount) return false
      const asked = topics.slice(0, topicsAtMost).filter((topic) => topic.length <= topicLength)
      const client = new LiveClient(visit, response, asked, since, tools)
      clients.add(client)
      counted(clients.size)
      run(client, connection)
      return true
    },
    close() {
      stop()
      for (const client of [...clients]) client.drop()
    },
  }
}
