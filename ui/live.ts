import { randomBytes } from 'node:crypto'
import type { Response } from 'express'
import { type Clock, every } from '../model/clock.ts'
import type { Change, Live, Logger } from '../model/contract.ts'
import { type Fragment, visitOf } from './fragment.ts'
import type { Visit } from './visit.ts'

const beatMs = 15_000
const clientsAtMost = 1000
const clientsPerAccount = 50
const topicsAtMost = 12
const topicLength = 2000
/** A browser that does not read is dropped: it connects again and asks for everything anew. */
const unreadAtMost = 1 << 20
/** Changes are gathered this long before a client is told, so that a burst is one message. */
const gatherMs = 50

interface Client {
  account: string
  response: Response
  /** As the account is now; null once it may not look any more. */
  visit: Visit
  topics: readonly string[]
  dirty: Set<string>
  sentAt: Map<string, number>
  /** Ends the loop that serves this client. */
  abort: AbortController
  wake: () => void
}

export interface LiveHub {
  /** Position of the newest change; a page carries it, so that nothing is lost between page and stream. */
  version(): string
  clients(): number
  /** False when there are too many streams already. */
  connect(options: {
    visit: Visit
    response: Response
    topics: readonly string[]
    since: string | null
    refresh(): Promise<Visit | null>
  }): boolean
  close(): void
}

/** Fans changes out to the pages that are open. Bounded: a client has at most one pending redraw per topic. */
export function createLiveHub(options: {
  live: Live
  clock: Clock
  logger: Logger
  fragments: ReadonlyMap<string, Fragment>
  render(fragment: Fragment, visit: Visit): Promise<string>
}): LiveHub {
  const { live, clock, logger, fragments } = options
  const boot = randomBytes(4).toString('hex')
  const clients = new Set<Client>()
  let count = 0
  const version = () => `${boot}-${count}`
  const stop = live.subscribe((change) => {
    count++
    for (const client of clients) mark(client, change)
  })

  function mark(client: Client, change: Change) {
    for (const topic of client.topics) {
      if (client.dirty.has(topic)) continue
      const { name, visit } = visitOf(topic, client.visit, clock.now())
      if (fragments.get(name)?.wakes(change, visit)) client.dirty.add(topic)
    }
    if (client.dirty.size > 0) client.wake()
  }

  function send(client: Client, event: string, data: unknown) {
    client.response.write(`id: ${version()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (client.response.writableLength > unreadAtMost) client.response.destroy()
  }

  async function redraw(client: Client, topic: string) {
    client.dirty.delete(topic)
    client.sentAt.set(topic, clock.monotonic())
    const { name, visit } = visitOf(topic, client.visit, clock.now())
    const fragment = fragments.get(name)
    if (!fragment?.model || !visit.can(...fragment.access)) return
    const event = name === 'series' ? 'sample' : 'state'
    try {
      send(client, event, { topic, html: event === 'state' ? await options.render(fragment, visit) : undefined })
    } catch (error) {
      // One failed panel never blanks the page: the browser shows that this one is not live.
      logger.warn('a live fragment could not be drawn', { topic: name, error: String(error) })
      send(client, 'failed', { topic })
    }
  }

  /** Milliseconds until the first dirty topic may be sent again; null when nothing waits. */
  function due(client: Client): number | null {
    const waits = [...client.dirty].map((topic) => {
      const name = topic.split('?', 1)[0] as string
      const last = client.sentAt.get(topic)
      return last === undefined ? 0 : Math.max(0, last + (fragments.get(name)?.everyMs ?? 1000) - clock.monotonic())
    })
    return waits.length === 0 ? null : Math.min(...waits)
  }

  async function serve(client: Client) {
    const { signal } = client.abort
    while (!signal.aborted) {
      const wait = due(client)
      if (wait === null) await new Promise<void>((resolve) => (client.wake = resolve))
      else {
        await clock.sleep(Math.max(wait, gatherMs), signal)
        for (const topic of [...client.dirty]) {
          const last = client.sentAt.get(topic)
          const pause = fragments.get(topic.split('?', 1)[0] as string)?.everyMs ?? 1000
          if (last === undefined || clock.monotonic() - last >= pause) await redraw(client, topic)
        }
      }
      client.wake = () => {}
    }
  }

  const drop = (client: Client) => {
    clients.delete(client)
    client.abort.abort(new Error('the client left'))
    client.wake()
    client.response.end()
  }

  return {
    version,
    clients: () => clients.size,
    connect({ visit, response, topics, since, refresh }) {
      const account = visit.viewer.account
      const own = [...clients].filter((client) => client.account === account).length
      if (clients.size >= clientsAtMost || own >= clientsPerAccount) return false
      const wanted = topics.slice(0, topicsAtMost).filter((topic) => topic.length <= topicLength)
      const allowed = wanted.filter((topic) => {
        const fragment = fragments.get(topic.split('?', 1)[0] as string)
        return fragment !== undefined && visit.can(...fragment.access)
      })
      const abort = new AbortController()
      const client: Client = {
        account,
        response,
        visit,
        topics: allowed,
        abort,
        dirty: new Set(since === version() ? [] : allowed),
        sentAt: new Map(),
        wake: () => {},
      }
      clients.add(client)
      response.on('close', () => drop(client))
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
      response.write('retry: 2000\n\n')
      const beat = async () => {
        const now = await refresh()
        if (now === null) {
          send(client, 'bye', {})
          drop(client)
          return
        }
        client.visit = now
        send(client, 'beat', { time: clock.now() })
      }
      const ended = (error: unknown) => {
        if (!abort.signal.aborted) {
          logger.warn('a live stream ended', { error: String(error) })
          drop(client)
        }
      }
      serve(client).catch(ended)
      every(clock, beatMs, abort.signal, beat).catch(ended)
      return true
    },
    close() {
      stop()
      for (const client of [...clients]) drop(client)
    },
  }
}
