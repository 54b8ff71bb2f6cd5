/** The demo's life on the bus: a recorded short-lived instance (created, deleted) told again under another id, now. */
import { createHash } from 'node:crypto'
import { floorToSecond } from '../../model/timestamp.ts'
import type { BusMessage } from '../amqp/read.ts'
import { moveTimes } from './time-map.ts'

/** All messages of one recorded instance, in order, with their recorded times. */
export interface JobTemplate {
  instance: string
  messages: readonly { message: BusMessage; time: number }[]
  /** When its deletion began, in recorded time. */
  deletedFrom: number
}

/** A message and the instant at which it is due, epoch ms. */
export interface Due {
  at: number
  message: BusMessage
}

/** `run` makes the ids: the same run always tells of the same instance. */
export function jobMessages(template: JobTemplate, run: string, createAt: number, deleteAt: number): Due[] {
  const first = template.messages[0]?.time ?? 0
  // moved by whole seconds: a time told with and without its fraction stays the same second
  const [toCreate, toDelete] = [wholeSeconds(createAt - first), wholeSeconds(deleteAt - template.deletedFrom)]
  const deletedFrom = floorToSecond(template.deletedFrom)
  const map = (time: number) => time + (time < deletedFrom ? toCreate : toDelete)
  const ids = new Map<string, string>()
  const renamed = (id: string) => {
    let other = ids.get(id)
    if (!other) {
      const hex = createHash('sha256').update(`${run} ${id}`).digest('hex')
      other = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
      ids.set(id, other)
    }
    return other
  }
  return template.messages.map(({ message, time }) => {
    // the instance, its requests and each message get new ids; flavors, images, projects, users stay
    const body = message.body
      .replaceAll(template.instance, renamed)
      .replace(/req-([0-9a-f-]{36})/g, (_, id: string) => `req-${renamed(id)}`)
      .replace(/(\\"message_id\\": \\")([0-9a-f-]{36})/g, (_, key: string, id: string) => key + renamed(id))
    return { at: map(time), message: { ...message, body: moveTimes(body, map) } }
  })
}

/** Rounded up, so that nothing is due before it was asked for. */
const wholeSeconds = (ms: number) => Math.ceil(ms / 1000) * 1000
