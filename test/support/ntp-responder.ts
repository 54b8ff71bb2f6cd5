/** Answers NTP requests on loopback with the machine's own time, as a server of stratum 2 would. */
import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../model/clock.ts'

/** Seconds from 1900, where NTP counts from, to 1970. */
const epoch = 2_208_988_800

export async function ntpResponder(offsetMs = 0): Promise<{ port: number; close(): void }> {
  const socket = createSocket('udp4')
  const stamp = (packet: Buffer, at: number) => {
    const now = (systemClock.now() + offsetMs) / 1000 + epoch
    packet.writeUInt32BE(Math.floor(now), at)
    packet.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), at + 4)
  }
  socket.on('message', (request, from) => {
    const reply = Buffer.alloc(48)
    reply[0] = 0x24 // no leap second, version 4, server
    reply[1] = 2
    reply[2] = 6
    reply[3] = 0xec
    reply.write('LOCL', 12, 'latin1')
    stamp(reply, 16)
    request.copy(reply, 24, 40, 48)
    stamp(reply, 32)
    stamp(reply, 40)
    socket.send(reply, from.port, from.address)
  })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  return { port: (socket.address() as AddressInfo).port, close: () => socket.close() }
}
