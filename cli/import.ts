import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type BusMessage, type Read, readRecorded } from '../collector/amqp/read.ts'
import { parkedFiles } from '../collector/parked.ts'
import { systemClock } from '../model/clock.ts'
import { AppError, type ParkedMessage } from '../model/contract.ts'
import type { RecordedEvent } from '../model/event.ts'
import { isFields } from '../model/fields.ts'
import { parseTimestamp } from '../model/timestamp.ts'
import { type ApiReply, completeListings, type Listing, type TimedReply } from '../openstack/listing.ts'
import { readingsOf } from '../openstack/readings.ts'
import { openDatabase } from '../store/journal/database.ts'
import { eventJournal } from '../store/journal/events.ts'
import { unreadLog } from '../store/journal/listening.ts'
import { readArguments, required } from './arguments.ts'
import type { Command } from './command.ts'
import { recordedMessages } from './recorded-messages.ts'

const batchSize = 1000

export const command: Command = {
  name: 'import',
  summary: 'take in recorded messages as if the bus had delivered them',
  usage: `usage: specola import FILE… --data DIR [--inventory FILE|DIR]…

FILE is JSON Lines of recorded messages, gzipped or not (also DIR/parked/*.jsonl). --inventory is recorded replies of the
APIs' lists ([{time, request, response}, …]): what was there before the first message; of a directory, all *.json and *.json.gz
that hold such replies. Taken are /servers/detail,
/volumes/detail, /snapshots/detail, /backups/detail, /types, /v2/images, /floatingips, /networks, /subnets, /ports, /routers,
/security-groups, /projects, /users, /groups, /domains, /roles, /flavors/detail. A list that is complete also tells what is
gone: for that, read images and floating IPs with an account that sees every project.
Prints {"messages","events","duplicates","ignored","parked"}; importing the same again changes nothing.`,

  async run(args, io) {
    const { positionals, values } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, inventory: { type: 'string', multiple: true } },
    })
    if (positionals.length === 0 && !values.inventory) throw new AppError('usage', 'which files?')
    const directory = required('data', values.data)
    const db = openDatabase(directory)
    const parked = parkedFiles(directory, systemClock)
    try {
      const journal = eventJournal(db)
      const unread = unreadLog(db)
      const counts = { messages: 0, events: 0, duplicates: 0, ignored: 0, parked: 0 }
      for (const file of values.inventory ?? []) {
        const { events, listings } = await inventoryOf(file)
        await journal.record(events)
        for (const listing of listings) await journal.listed(listing)
      }

      const take = async (batch: readonly Read[], parkedAlready: boolean) => {
        const refused: ParkedMessage[] = batch.flatMap((read) => (read.ok ? [] : read.parked))
        if (refused.length > 0 && !parkedAlready) {
          await parked.append(refused)
          await unread.parked(refused, systemClock.now())
        }
        const recorded = await journal.record(batch.flatMap((read) => (read.ok ? read.recorded : [])))
        counts.messages += batch.length
        counts.parked += refused.length
        counts.events += recorded.events
        counts.duplicates += recorded.duplicates
        counts.ignored += recorded.ignored
      }
      for (const file of positionals) {
        const parkedAlready = dirname(resolve(file)) === resolve(directory, 'parked')
        const batch: Read[] = []
        const understood: BusMessage[] = []
        for await (const { message } of recordedMessages(file)) {
          const read = readRecorded(message)
          if (parkedAlready && read.ok) understood.push(message)
          batch.push(read)
          if (batch.length >= batchSize) await take(batch.splice(0), parkedAlready)
        }
        await take(batch, parkedAlready)
        await unread.understood(understood)
      }
      io.out(JSON.stringify(counts))
      return counts.parked > 0 ? 1 : 0
    } finally {
      await parked.close()
      db.close()
    }
  },
}

interface Inventory {
  events: RecordedEvent[]
  /** Replies that are complete lists: what is not in them is gone. */
  listings: Listing[]
}

/** Recorded API exchanges, in the order of their times: the replies that list something, each read at its own time. */
async function inventoryOf(path: string): Promise<Inventory> {
  const read: TimedReply[] = []
  const isDirectory = (await stat(path).catch(() => null))?.isDirectory() === true
  const names = isDirectory ? (await readdir(path)).filter((name) => /\.json(\.gz)?$/.test(name)) : []
  for (const file of isDirectory ? names.sort().map((name) => join(path, name)) : [path]) {
    const replies = await jsonOf(file)
    // beside replies a recording holds other things too
    const other = !Array.isArray(replies) || (isDirectory && !replies.every((reply) => isFields(reply) && 'request' in reply))
    if (!other) read.push(...repliesOf(replies, file))
    else if (!isDirectory)
      throw new AppError('invalid', `${file}: expected a list of recorded replies, [{time, request, response}, …]`)
  }
  read.sort((a, b) => a.readAt - b.readAt)
  const events = read.flatMap(({ reply, readAt }) =>
    readingsOf(reply.response?.body, readAt).map((event) => ({ event, ignored: false, raw: null })),
  )
  return { events, listings: completeListings(read) }
}

async function jsonOf(file: string): Promise<unknown> {
  try {
    const bytes = await readFile(file)
    return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid', `${file}: ${(cause as Error).message}`, { cause })
  }
}

const repliesOf = (replies: readonly (ApiReply & { time?: unknown })[], file: string): TimedReply[] =>
  replies.map((reply) => {
    const readAt = parseTimestamp(reply?.time)
    if (readAt === null) throw new AppError('invalid', `${file}: a reply without a time`)
    return { reply, readAt }
  })
