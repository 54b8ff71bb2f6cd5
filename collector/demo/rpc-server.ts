/** The serving side of libvirt's RPC on a unix socket: framing, dispatch and events; what is answered comes from outside. */
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { AppError } from '../../model/contract.ts'
import { type DomainEvent, writeLifecycleEvent } from '../libvirt/domain-events.ts'
import { encodeFrame, type Frame, FrameSplitter, messageTypes, programs, statuses } from '../libvirt/frame.ts'
import { writeError } from '../libvirt/procedures.ts'
import { XdrReader, XdrWriter } from '../libvirt/xdr.ts'

/** Reads the arguments and writes the reply. An AppError becomes an error reply with this libvirt code. */
export type Answer = (args: XdrReader, reply: XdrWriter) => void

export interface RpcServer {
  /** To every connection that registered for lifecycle events. */
  emit(event: DomainEvent): void
  close(): Promise<void>
}

const lifecycleEventId = 0
const registerProcedure = 316
const closeProcedure = 2
/** Of the keepalive program. */
const pingProcedure = 1
const pongProcedure = 2
/** libvirt's VIR_ERR_NO_SUPPORT and VIR_ERR_NO_DOMAIN. */
const errorCode = { unsupported: 3, noDomain: 42 } as const

interface Connection {
  socket: Socket
  /** Callback number of the lifecycle registration, -1 = none. */
  lifecycle: number
  callbacks: number
}

/** Listens on `path`, replacing what an earlier run left there. */
export async function serveRpc(path: string, answers: ReadonlyMap<number, Answer>): Promise<RpcServer> {
  const connections = new Set<Connection>()
  const server = createServer((socket) => {
    const connection: Connection = { socket, lifecycle: -1, callbacks: 0 }
    const splitter = new FrameSplitter()
    connections.add(connection)
    socket.on('close', () => connections.delete(connection))
    socket.on('error', () => socket.destroy()) // a client that went away is no fault of ours
    socket.on('data', (chunk) => {
      try {
        for (const frame of splitter.push(chunk)) handle(connection, frame, answers)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        socket.destroy() // as libvirtd does with a client that breaks the framing
      }
    })
  })
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('unreachable', `${path}: ${cause.message}`, { cause })))
    server.listen(path, resolve)
  })
  return {
    emit(event) {
      for (const { socket, lifecycle } of connections) {
        if (lifecycle < 0) continue
        const body = new XdrWriter()
        const { procedure } = writeLifecycleEvent(body, lifecycle, event)
        const header = { program: programs.remote, version: 1, procedure, type: messageTypes.event, serial: 0 }
        socket.write(encodeFrame({ ...header, status: statuses.ok }, body.done()))
      }
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const { socket } of connections) socket.destroy()
      await closed
    },
  }
}

function handle(connection: Connection, { header, body }: Frame, answers: ReadonlyMap<number, Answer>): void {
  if (header.program === programs.keepalive && header.procedure === pingProcedure)
    connection.socket.write(encodeFrame({ ...header, procedure: pongProcedure }, Buffer.alloc(0)))
  if (header.program !== programs.remote || header.type !== messageTypes.call) return
  let reply = new XdrWriter()
  let status: number = statuses.ok
  try {
    const args = new XdrReader(body)
    if (header.procedure === registerProcedure) register(connection, args, reply)
    else if (header.procedure !== closeProcedure) {
      const answer = answers.get(header.procedure)
      if (!answer) throw new AppError('invalid', `the demo does not know procedure ${header.procedure}`)
      answer(args, reply)
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    reply = new XdrWriter()
    status = statuses.error
    writeError(reply, error.code === 'not-found' ? errorCode.noDomain : errorCode.unsupported, error.message)
  }
  const answer = { ...header, type: messageTypes.reply, status }
  connection.socket.write(encodeFrame(answer, reply.done()))
  if (header.procedure === closeProcedure) connection.socket.end()
}

function register(connection: Connection, args: XdrReader, reply: XdrWriter): void {
  const event = args.int()
  const callback = connection.callbacks++
  if (event === lifecycleEventId) connection.lifecycle = callback
  reply.int(callback)
}
