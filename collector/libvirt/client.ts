import type { Duplex } from 'node:stream'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import { type DomainEvent, readDomainEvent } from './domain-events.ts'
import { encodeFrame, type Frame, FrameSplitter, messageTypes, programs, statuses } from './frame.ts'
import {
  authList,
  authPolkit,
  authTypes,
  connectClose,
  connectOpen,
  features,
  type Procedure,
  readError,
  supportsFeature,
} from './procedures.ts'
import { authenticate } from './sasl.ts'
import type { LibvirtEndpoint } from './section.ts'
import { connect } from './transport.ts'
import type { Access } from './uri.ts'
import { malformed, XdrReader, XdrWriter } from './xdr.ts'

/** The daemon did not answer in time. The call goes on over there, and holds one of its workers until it ends. */
export class CallTimeout extends AppError {
  constructor(call: string, timeoutMs: number) {
    super('unreachable', `no answer to ${call} within ${timeoutMs} ms`)
    this.name = 'CallTimeout'
  }
}

export interface ClientOptions {
  clock: Clock
  /** Per call, unless the call says otherwise. */
  timeoutMs: number
  /** Default: read-only. */
  access?: Access
}

/** Far above what a poller has in flight: reaching it means that nobody reads the answers. */
const maxCallsInFlight = 64

const keepalive = { ping: 1, pong: 2 } as const

/** After so long without a message we ask whether the daemon is there; after so many questions without any message it is not. */
const askAfterMs = 5000
const unansweredAtMost = 3

/**
 * Messages that nobody asked for (events, pings): a host of a thousand guests that all start at once sends some thousands. A
 * daemon that goes on and on is cut off, or it would keep us from the others.
 */
const unaskedAtOnce = 20_000
const unaskedPerSecond = 1000

/** Answers to pings that the daemon does not take: it does not read. */
const unreadBytesAtMost = 4 * 1024 * 1024

interface Pending {
  procedure: number
  settle(frame: Frame | Error): void
}

/**
 * One RPC connection to a libvirt daemon. Replies are matched by serial in whatever order they come. A call that timed out
 * leaves its serial behind as an orphan, so that its late reply is recognised and dropped.
 */
export class LibvirtClient {
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #splitter = new FrameSplitter()
  readonly #pending = new Map<number, Pending>()
  readonly #orphans = new Map<number, number>()
  readonly #eventListeners = new Set<(event: DomainEvent) => void>()
  readonly #closeListeners = new Set<(reason: AppError) => void>()
  #serial = 0
  #closed: AppError | null = null
  #malformedEvents = 0
  #abandoned = 0
  /** Messages since the last look of `#watchOver`, and when the last byte came, monotonic ms. */
  #heard = 0
  #lastByteAt = 0
  #budget = unaskedAtOnce
  #budgetAt: number
  readonly #over = new AbortController()

  constructor(stream: Duplex, options: ClientOptions) {
    this.#stream = stream
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
    this.#budgetAt = options.clock.monotonic()
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('error', (error) => this.#end(new AppError('unreachable', `connection lost: ${error.message}`, { cause: error })))
    stream.on('close', () => this.#end(new AppError('unreachable', 'the daemon closed the connection')))
    stream.resume() // a transport that looked at the first bytes itself has paused it
  }

  /** Connects, authenticates as the daemon asks, and opens the driver, read-only unless told otherwise. */
  static async open(endpoint: LibvirtEndpoint, options: ClientOptions): Promise<LibvirtClient> {
    const { access = 'read-only' } = options
    const { stream, address, peer } = await connect(endpoint, options.clock, options.timeoutMs, access)
    const client = new LibvirtClient(stream, options)
    try {
      await client.#authenticate(peer, endpoint.sasl)
      if (await client.call(supportsFeature, features.keepalive)) void client.#watchOver()
      await client.call(connectOpen, { uri: address.driverUri, readOnly: access === 'read-only' })
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** libvirt's keepalive, our side of it: any message is a sign of life. */
  async #watchOver(): Promise<void> {
    for (let unanswered = 0; !this.#closed; ) {
      const heard = this.#heard
      try {
        await this.#clock.sleep(askAfterMs, this.#over.signal)
      } catch {
        return // the connection is over
      }
      unanswered = this.#heard === heard ? unanswered + 1 : 0
      if (unanswered > unansweredAtMost) {
        this.#abandoned = this.#orphans.size + this.#pending.size
        this.#end(new AppError('unreachable', `the daemon has sent nothing for ${(unanswered * askAfterMs) / 1000} s`))
      } else if (unanswered > 0) this.#send(keepalive.ping)
    }
  }

  async #authenticate(peer: string, login: LibvirtEndpoint['sasl']): Promise<void> {
    const types = await this.call(authList, undefined)
    if (types.length === 0 || types.includes(authTypes.none)) return
    if (types.includes(authTypes.sasl)) await authenticate((procedure, args) => this.call(procedure, args), peer, login)
    else if (types.includes(authTypes.polkit)) await this.call(authPolkit, undefined)
    else throw new AppError('denied', `${peer}: asks for a login of a kind that is not known (${types.join(', ')})`)
  }

  /** Calls without an answer that the daemon still works on. */
  get orphans(): number {
    return this.#orphans.size
  }

  /** Calls that it may still work on although we gave the connection up; none when the daemon was the one who ended it. */
  get abandoned(): number {
    return this.#abandoned
  }

  get malformedEvents(): number {
    return this.#malformedEvents
  }

  get closed(): boolean {
    return this.#closed !== null
  }

  /** Rejects with LibvirtError (the daemon refused), CallTimeout, or AppError 'unreachable' or 'protocol'. */
  call<A, R>(procedure: Procedure<A, R>, args: A, timeoutMs = this.#timeoutMs): Promise<R> {
    if (this.#closed) return Promise.reject(this.#closed)
    if (this.#pending.size >= maxCallsInFlight)
      return Promise.reject(new AppError('unreachable', `${maxCallsInFlight} calls wait for an answer already`))
    const body = new XdrWriter()
    procedure.encode(body, args)
    const serial = this.#nextSerial()
    const call = { program: programs.remote, version: 1, procedure: procedure.number, type: messageTypes.call, serial }
    return new Promise((resolve, reject) => {
      const over = new AbortController()
      const settle = (outcome: Frame | Error) => {
        over.abort('answered') // a reason of our own spares making an exception per call
        this.#pending.delete(serial)
        if (outcome instanceof Error) return reject(outcome)
        try {
          resolve(decodeReply(procedure, outcome))
        } catch (error) {
          reject(error)
        }
      }
      this.#pending.set(serial, { procedure: procedure.number, settle })
      this.#clock.sleep(timeoutMs, over.signal).then(
        () => {
          if (!this.#pending.has(serial)) return
          if (this.#stalled(timeoutMs))
            return this.#end(new AppError('unreachable', 'the daemon stopped in the middle of a message'))
          this.#orphans.set(serial, procedure.number)
          settle(new CallTimeout(procedure.name, timeoutMs))
        },
        () => undefined, // answered in time
      )
      this.#stream.write(encodeFrame({ ...call, status: statuses.ok }, body.done()))
    })
  }

  /** Events come in order, each before the reply to any call made after it happened. */
  onEvent(listener: (event: DomainEvent) => void): void {
    this.#eventListeners.add(listener)
  }

  /** Called once, when the connection is over for whatever reason but our own `close`. */
  onClose(listener: (reason: AppError) => void): void {
    this.#closeListeners.add(listener)
  }

  /** Says goodbye without waiting for an answer: a daemon that hangs must not hold us. */
  close(): void {
    if (this.#closed) return
    this.#closeListeners.clear()
    const goodbye = { program: programs.remote, version: 1, type: messageTypes.call, status: statuses.ok }
    const frame = encodeFrame({ ...goodbye, procedure: connectClose.number, serial: this.#nextSerial() }, Buffer.alloc(0))
    this.#stream.end(frame, () => this.#stream.destroy())
    this.#end(new AppError('unreachable', 'the connection was closed'))
  }

  #nextSerial(): number {
    this.#serial = this.#serial === 0xffffffff ? 1 : this.#serial + 1
    return this.#serial
  }

  /** An answer began and does not go on: that is the connection's fault, and of no QEMU behind it. */
  #stalled(forMs: number): boolean {
    return this.#splitter.partial && this.#clock.monotonic() - this.#lastByteAt >= forMs / 2
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return
    this.#lastByteAt = this.#clock.monotonic()
    try {
      for (const frame of this.#splitter.push(chunk)) this.#dispatch(frame)
    } catch (error) {
      this.#end(error instanceof AppError ? error : malformed(String(error)))
    }
  }

  #dispatch(frame: Frame): void {
    const { program, type, procedure } = frame.header
    this.#heard++
    if (program === programs.remote && type === messageTypes.reply) {
      this.#reply(frame)
      return
    }
    this.#spend()
    if (program === programs.keepalive) {
      if (procedure === keepalive.ping) this.#send(keepalive.pong)
    } else if (program === programs.remote && type === messageTypes.event) this.#event(frame)
    // Anything else (streams, the qemu program) we never asked for, and may ignore.
  }

  #send(procedure: number): void {
    if (this.#stream.writableLength > unreadBytesAtMost) {
      this.#end(malformed('pings whose answers it does not read'))
      return
    }
    const header = { program: programs.keepalive, version: 1, procedure, type: messageTypes.event }
    this.#stream.write(encodeFrame({ ...header, serial: 0, status: statuses.ok }, Buffer.alloc(0)))
  }

  #spend(): void {
    if (--this.#budget >= 0) return
    const now = this.#clock.monotonic()
    this.#budget = Math.min(unaskedAtOnce, Math.floor(((now - this.#budgetAt) / 1000) * unaskedPerSecond)) - 1
    this.#budgetAt = now
    if (this.#budget < 0) throw new AppError('protocol', 'libvirt sends events without end: cut off')
  }

  #reply(frame: Frame): void {
    const { serial, procedure } = frame.header
    const pending = this.#pending.get(serial)
    if (pending?.procedure === procedure) pending.settle(frame)
    else if (this.#orphans.get(serial) === procedure) this.#orphans.delete(serial)
    else throw malformed(`a reply to call ${serial} of procedure ${procedure}, which was never made`)
  }

  #event(frame: Frame): void {
    let event: DomainEvent | null
    try {
      event = readDomainEvent(frame.header.procedure, new XdrReader(frame.body))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#malformedEvents++ // the frame was whole, so the stream is still in step: only this event is lost
      return
    }
    if (event) for (const listener of this.#eventListeners) listener(event)
  }

  #end(reason: AppError): void {
    if (this.#closed) return
    this.#closed = reason
    this.#over.abort('over')
    if (!this.#stream.writableEnded) this.#stream.destroy()
    for (const { settle } of [...this.#pending.values()]) settle(reason)
    for (const listener of this.#closeListeners) listener(reason)
  }
}

function decodeReply<R>(procedure: Procedure<never, R>, frame: Frame): R {
  const from = new XdrReader(frame.body)
  if (frame.header.status === statuses.error) throw readError(from, procedure.name)
  if (frame.header.status !== statuses.ok) throw malformed(`status ${frame.header.status} in a reply to ${procedure.name}`)
  const value = procedure.decode(from)
  from.end()
  return value
}
