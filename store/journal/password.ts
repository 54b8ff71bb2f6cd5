import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../model/contract.ts'

/** OWASP's second argon2id profile: 19 MiB, two passes. Parameters travel with each hash, so they can grow later. */
const current = { memory: 19_456, passes: 2, parallelism: 1 }
const shortest = 12
const longest = 256

/** Hashing is memory: more than this many at once wait in line, so that a flood of sign-ins cannot eat the machine. */
const atOnce = 2
const waitingAtMost = 32

/** Throws AppError('invalid') when the password is too short or too long to be taken. */
export function requireStrong(password: string): void {
  const length = [...password].length
  if (length < shortest) throw new AppError('invalid', `a password has at least ${shortest} characters`)
  if (length > longest) throw new AppError('invalid', `a password has at most ${longest} characters`)
}

/** Hashes and checks passwords, a few at a time. */
export interface PasswordHasher {
  /** `$argon2id$v=19$m=…,t=…,p=…$salt$hash` of the password, with a fresh salt. */
  hash(password: string): Promise<string>
  /** Whether the password is the one that was hashed. A hash that cannot be read matches nothing. */
  matches(password: string, stored: string): Promise<boolean>
}

export function passwordHasher(): PasswordHasher {
  const inTurn = takeTurns()
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const hash = await inTurn(() => derive(password, salt, current, 32))
      const { memory, passes, parallelism } = current
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`
    },
    async matches(password, stored) {
      const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored)
      if (!match || password.length > longest * 4) return false
      const cost = { memory: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]) }
      const salt = Buffer.from(match[4] as string, 'base64')
      const expected = Buffer.from(match[5] as string, 'base64')
      return timingSafeEqual(await inTurn(() => derive(password, salt, cost, expected.length)), expected)
    },
  }
}

// NFKC: the same characters typed on another keyboard are the same password.
const derive = (password: string, nonce: Buffer, cost: typeof current, tagLength: number) =>
  new Promise<Buffer>((resolve, reject) =>
    argon2('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )

function takeTurns() {
  let running = 0
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= waitingAtMost) throw new AppError('denied', 'too many sign-ins at once; try again in a moment')
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
