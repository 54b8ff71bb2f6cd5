import { connect } from 'amqplib'
import type { RecordedMessage } from './recordings.ts'

/** Publishes as the services did: into topic exchanges that are not durable, with confirms. `also` are exchanges to declare besides. */
export async function publishRecording(
  url: string,
  messages: readonly RecordedMessage[],
  also: readonly string[] = [],
): Promise<void> {
  const { hostname, port } = new URL(url)
  const connection = await connect({ hostname, port: Number(port), username: 'guest', password: 'guest' })
  const channel = await connection.createConfirmChannel()
  for (const exchange of new Set([...also, ...messages.map((message) => message.exchange)]))
    await channel.assertExchange(exchange, 'topic', { durable: false, autoDelete: false })
  for (const { exchange, routing_key, body } of messages)
    channel.publish(exchange, routing_key, Buffer.from(body), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
    })
  await channel.waitForConfirms()
  await connection.close()
}
