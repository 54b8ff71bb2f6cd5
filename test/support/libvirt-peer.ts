/** A peer on a real unix socket that answers libvirt's RPC as a test tells it to: late, out of order, wrongly, not at all. */
import { createServer, type Socket } from 'node:net'
import { encodeFrame, type Frame, FrameSplitter, programs } from '../../collector/libvirt/frame.ts'

export interface LibvirtPeer {
  uri: string
  /** Numbers of messages of the keepalive program that the client sent. */
  pongs(): number
  pings(): number
  /** Whether the client's pings are answered (as long as nothing else is said). */
  alive: boolean
  /** Waits for the call with this procedure, and leaves it to the test to answer it. */
  call(procedure: number): Promise<Frame>
  reply(call: Frame, body?: Buffer): void
  send(bytes: Buffer): void
  close(): Promise<void>
}

/** Answers the calls that open a connection by itself. */
export async function libvirtPeer(socketPath: string): Promise<LibvirtPeer> {
  let socket: Socket | null = null
  let pongs = 0
  let pings = 0
  const arrived: Frame[] = []
  const waiting: { procedure: number; resolve: (frame: Frame) => void }[] = []
  const word = Buffer.from([0, 0, 0, 1])
  const opening = new Map([
    [66, Buffer.alloc(4)],
    [60, word],
    [1, Buffer.alloc(0)],
  ])
  const reply = ({ header }: Frame, body = Buffer.alloc(0)) =>
    void socket?.write(encodeFrame({ ...header, type: 1, status: 0 }, body))
  const take = (frame: Frame) => {
    if (frame.header.program === programs.keepalive) {
      if (frame.header.procedure === 2) pongs++
      else {
        pings++
        if (peer.alive) socket?.write(encodeFrame({ ...frame.header, procedure: 2 }, Buffer.alloc(0)))
      }
      return
    }
    const known = opening.get(frame.header.procedure)
    if (known) return reply(frame, known)
    const wanted = waiting.findIndex(({ procedure }) => procedure === frame.header.procedure)
    if (wanted < 0) arrived.push(frame)
    else waiting.splice(wanted, 1)[0]?.resolve(frame)
  }
  const server = createServer((connected) => {
    const splitter = new FrameSplitter()
    socket = connected
    connected.on('error', () => connected.destroy())
    connected.on('data', (chunk) => splitter.push(chunk).forEach(take))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const peer: LibvirtPeer = {
    alive: true,
    uri: `qemu+unix:///system?socket=${socketPath}`,
    pongs: () => pongs,
    pings: () => pings,
    call: (procedure) =>
      new Promise((resolve) => {
        const found = arrived.findIndex(({ header }) => header.procedure === procedure)
        if (found < 0) waiting.push({ procedure, resolve })
        else resolve(arrived.splice(found, 1)[0] as Frame)
      }),
    reply,
    send: (bytes) => void socket?.write(bytes),
    close: () => {
      socket?.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return peer
}
