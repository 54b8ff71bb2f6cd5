/** A resident /bin/sh that runs one program after the other, in a process group of its own. No program's word is ever its syntax. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'
import type { ProgramEnd } from '../../model/contract.ts'

/** What is kept of an output; what follows is read and thrown away. */
const keptBytes = 64 * 1024
/** A program that prints more is ended: it would never stop. */
const mostBytes = 64 * 1024 * 1024
/** Room for the line that ends an output. */
const frameBytes = 128
/** What holds SIGTERM back gets SIGKILL after this time, ms. */
const graceMs = 1000
const stepMs = 50

export interface HelperOptions {
  /** A directory that only we and the programs' user may enter. */
  directory: string
  /** Words before `/bin/sh`: how to become another user. */
  become: readonly string[]
  environment: Readonly<Record<string, string>>
}

export interface Helper {
  /** One at a time. Never rejects. */
  run(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<ProgramEnd>
  /**
   * Ends the program and whatever it started in its process group; what runs resolves with this end at once. The helper is used
   * up. Resolves when nobody is left.
   */
  end(how: ProgramEnd): Promise<void>
  /** Nothing more is given to it. What earlier programs left running on purpose stays, but has nobody left to print to. */
  retire(): void
  /** It can run the next. */
  readonly usable: boolean
  readonly pid: number
}

/** Bytes of an output, as far as they are kept, up to the line that ends it. */
class Output {
  #kept: Buffer[] = []
  #size = 0
  #total = 0
  #tail: Buffer = Buffer.alloc(0)

  get total(): number {
    return this.#total
  }

  /** All of it belongs to the output. */
  add(chunk: Buffer): void {
    this.#keep(chunk)
  }

  /** The exit code once the end is there. */
  takeUntil(mark: string, chunk: Buffer): number | null {
    this.#total += chunk.length
    const seen = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk])
    const at = seen.lastIndexOf(mark)
    const code = at === -1 ? null : /^(\d+)\n/.exec(seen.toString('latin1', at + mark.length))?.[1]
    if (code !== null && code !== undefined) {
      this.#keep(seen.subarray(0, at))
      return Number(code)
    }
    const settled = Math.max(0, seen.length - frameBytes)
    this.#keep(seen.subarray(0, settled))
    this.#tail = seen.subarray(settled)
    return null
  }

  text(): string {
    return Buffer.concat(this.#kept).toString('utf8')
  }

  #keep(bytes: Buffer): void {
    const room = keptBytes - this.#size
    if (room <= 0 || bytes.length === 0) return
    this.#kept.push(bytes.subarray(0, room))
    this.#size += Math.min(room, bytes.length)
  }
}

/** `it's` → `'it'\''s'`: one word for any POSIX shell, whatever it holds but NUL. */
export const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/** Starts a helper; rejects when there is no shell, or no becoming the user. */
export async function startHelper({ directory, become, environment }: HelperOptions): Promise<Helper> {
  const secret = randomBytes(16).toString('hex')
  const fifos = ['out', 'err'].map((name) => join(directory, `${secret}.${name}`)) as [string, string]
  const [program, ...words] = [...become, '/bin/sh'] as unknown as [string, ...string[]]
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...environment }, cwd: '/', detached: true })
  try {
    // Real pipes: a program may open /dev/stdout, which it could not if that was one of Node's sockets.
    child.stdin.write(`umask 077; ulimit -c 0; mkfifo ${fifos.map(quoted).join(' ')} && echo ready\n`)
    await ready(child)
    const [out, err] = fifos.map(openFifo) as [Socket, Socket]
    child.stdin.write(`umask 022; exec >${quoted(fifos[0])} 2>${quoted(fifos[1])}; rm -f ${fifos.map(quoted).join(' ')}\n`)
    return new ShellHelper(child, out, err, secret)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    child.stdout?.once('data', () => resolve())
    child.stdin?.on('error', () => undefined) // its end is told by 'exit'
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the helper of commands did not start (${said.trim() || `exit ${code}`})`)))
  })
}

function openFifo(path: string): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false })
  closeSync(fd)
  throw new Error(`${path} is not the pipe that was made there`)
}

class ShellHelper implements Helper {
  readonly #child: ChildProcess
  readonly #pipes: readonly Socket[]
  readonly #secret: string
  #runs = 0
  #current: { mark: string; out: Output; err: Output; done(end: ProgramEnd): void } | null = null
  #usable = true
  #ending: Promise<void> | null = null

  constructor(child: ChildProcess, out: Socket, err: Socket, secret: string) {
    this.#child = child
    this.#pipes = [out, err]
    this.#secret = secret
    out.on('data', (chunk) => this.#read(chunk))
    err.on('data', (chunk) => this.#current?.err.add(chunk))
    for (const pipe of this.#pipes) pipe.on('error', () => this.#lost('its pipe broke'))
    child.once('exit', (code, signal) => this.#lost(signal ? `it was ended by ${signal}` : `it ended with ${code}`))
  }

  get usable(): boolean {
    return this.#usable && this.#current === null
  }

  get pid(): number {
    return this.#child.pid as number
  }

  run(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<ProgramEnd> {
    const mark = `\n${this.#secret}-${++this.#runs} `
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)} `)
    const frame = `printf '\\n%s %d\\n' ${mark.trim()} $?`
    return new Promise((done) => {
      this.#current = { mark, out: new Output(), err: new Output(), done }
      this.#child.stdin?.write(`${settings.join('')}${words.map(quoted).join(' ')} </dev/null\n${frame}\n`)
    })
  }

  end(how: ProgramEnd): Promise<void> {
    this.#usable = false
    this.#ending ??= this.#endGroup()
    this.#settle(how)
    return this.#ending
  }

  retire(): void {
    this.#usable = false
    // What is being ended may still say something: with nobody to read it, SIGPIPE would come before its own way to end.
    if (this.#ending === null) this.#close()
  }

  async #endGroup(): Promise<void> {
    this.#signal('SIGTERM')
    for (let waited = 0; waited < graceMs && this.#signal(0); waited += stepMs) await systemClock.sleep(stepMs)
    this.#signal('SIGKILL')
    this.#close()
  }

  #read(chunk: Buffer): void {
    const current = this.#current
    if (!current) {
      // Something that an earlier program left behind still prints: it must not get into another one's output.
      this.#usable = false
      return
    }
    const code = current.out.takeUntil(current.mark, chunk)
    if (code === null) {
      if (current.out.total > mostBytes) void this.end({ how: 'flooded', bytes: mostBytes })
      return
    }
    const output = current.out.text()
    if (output !== '' && code <= 3) this.#settle({ how: 'exited', code, output, errors: current.err.text() })
    // What it said on stderr matters now, and may still be on its way through the other pipe.
    else void systemClock.sleep(2).then(() => this.#settle({ how: 'exited', code, output, errors: current.err.text() }))
  }

  #lost(reason: string): void {
    this.#usable = false
    this.#settle({ how: 'lost', reason: `the helper that ran it is gone: ${reason}` })
    if (this.#ending === null) this.#close()
  }

  #settle(end: ProgramEnd): void {
    const current = this.#current
    this.#current = null
    current?.done(end)
  }

  /** To everybody in the group; false when nobody is left. */
  #signal(signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
    try {
      return process.kill(-this.pid, signal)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' // a setuid program that we may not signal
    }
  }

  #close(): void {
    for (const pipe of this.#pipes) pipe.destroy()
    this.#child.stdin?.destroy()
  }
}
