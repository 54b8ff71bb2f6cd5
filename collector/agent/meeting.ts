import type { Channel } from 'amqplib'
import type { Meeting } from './section.ts'

/** Exchange and queue, durable; a full queue refuses, so that the sender keeps what it has. */
export async function setUpMeeting(channel: Channel, { exchange, queue, most }: Meeting): Promise<void> {
  await channel.assertExchange(exchange, 'topic', { durable: true })
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-max-length-bytes': most, 'x-overflow': 'reject-publish' },
  })
  await channel.bindQueue(queue, exchange, 'agent.#')
}
