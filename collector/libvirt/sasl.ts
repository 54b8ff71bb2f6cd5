/** SASL with SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither sends it. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { AppError } from '../../model/contract.ts'
import type { Procedure } from './procedures.ts'
import type { LibvirtEndpoint } from './section.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

/** libvirt's REMOTE_AUTH_SASL_DATA_MAX. */
const maxDataBytes = 65_536
/** A server may ask for much work, but not for any amount of it. */
const mostIterations = 1_000_000
const leastIterations = 4096

/** null = no data, which is not the same as empty data. */
type SaslData = Buffer | null

interface SaslReply {
  complete: boolean
  data: SaslData
}

/** A `char` array: XDR spends four bytes on each char. */
function writeData(to: XdrWriter, data: SaslData): void {
  to.int(data === null ? 1 : 0).list([...(data ?? [])], (byte) => to.int(byte))
}

function readReply(from: XdrReader): SaslReply {
  const complete = from.int() !== 0
  const absent = from.int() !== 0
  const bytes = from.list(4, maxDataBytes, () => from.int() & 0xff)
  return { complete, data: absent ? null : Buffer.from(bytes) }
}

export const saslInit: Procedure<void, string> = {
  name: 'AUTH_SASL_INIT',
  number: 67,
  encode: () => undefined,
  decode: (from) => from.string(1024),
}

export const saslStart: Procedure<{ mechanism: string; data: SaslData }, SaslReply> = {
  name: 'AUTH_SASL_START',
  number: 68,
  encode(to, { mechanism, data }) {
    to.string(mechanism)
    writeData(to, data)
  },
  decode: readReply,
}

export const saslStep: Procedure<SaslData, SaslReply> = {
  name: 'AUTH_SASL_STEP',
  number: 69,
  encode: writeData,
  decode: readReply,
}

/** Best first. */
const hashes = [
  ['SCRAM-SHA-512', 'sha512'],
  ['SCRAM-SHA-256', 'sha256'],
] as const

type Call = <A, R>(procedure: Procedure<A, R>, args: A) => Promise<R>

/** Throws AppError('denied') when the daemon does not know us, or cannot prove that it does. */
export async function authenticate(call: Call, peer: string, login: LibvirtEndpoint['sasl']): Promise<void> {
  if (login === undefined) throw new AppError('denied', `${peer}: asks for a login by SASL (set sasl: {user, password})`)
  const offered = (await call(saslInit, undefined)).split(',')
  const found = hashes.find(([mechanism]) => offered.includes(mechanism))
  if (!found)
    throw new AppError(
      'denied',
      `${peer}: offers ${offered.join(', ')} but not SCRAM-SHA-256; set mech_list in its sasl2/libvirt.conf`,
    )
  const [mechanism, hash] = found
  const scram = scramClient(hash, login.user, login.password.reveal(), randomBytes(18).toString('base64'))
  try {
    const challenge = await call(saslStart, { mechanism, data: Buffer.from(scram.first) })
    let reply = await call(saslStep, Buffer.from(await scram.answer(text(challenge))))
    scram.verify(text(reply))
    if (!reply.complete) reply = await call(saslStep, null)
    if (!reply.complete) throw new AppError('protocol', `${peer}: the login does not come to an end`)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unreachable') throw error
    throw new AppError('denied', `${peer}: login of ${login.user} by ${mechanism}: ${error.message}`, { cause: error })
  }
}

const text = ({ data }: SaslReply) => (data ?? Buffer.alloc(0)).toString('utf8')

export interface ScramClient {
  readonly first: string
  /** The proof, for the server's challenge. */
  answer(challenge: string): Promise<string>
  /** Throws unless the server has proved that it knows the password too. */
  verify(final: string): void
}

/** One exchange. `nonce`: printable, without commas, never used twice. */
export function scramClient(hash: 'sha256' | 'sha512', user: string, password: string, nonce: string): ScramClient {
  const bare = `n=${user.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  let expected: Buffer | null = null
  return {
    first: `n,,${bare}`,
    async answer(challenge) {
      const fields = fieldsOf(challenge)
      const theirs = fields.get('r') ?? ''
      const salt = Buffer.from(fields.get('s') ?? '', 'base64')
      const iterations = Number(fields.get('i'))
      if (!theirs.startsWith(nonce) || theirs.length === nonce.length)
        throw new AppError('protocol', 'a challenge to somebody else')
      if (salt.length === 0 || !Number.isSafeInteger(iterations) || iterations < leastIterations || iterations > mostIterations)
        throw new AppError('protocol', 'a challenge that no SCRAM server would send')
      const length = createHash(hash).digest().length
      const salted = await promisify(pbkdf2)(password.normalize('NFKC'), salt, iterations, length, hash)
      const hmac = (key: Buffer, what: string) => createHmac(hash, key).update(what).digest()
      const clientKey = hmac(salted, 'Client Key')
      const unproved = `c=biws,r=${theirs}`
      const whole = `${bare},${challenge},${unproved}`
      const signature = hmac(createHash(hash).update(clientKey).digest(), whole)
      expected = hmac(hmac(salted, 'Server Key'), whole)
      return `${unproved},p=${Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number))).toString('base64')}`
    },
    verify(final) {
      const fields = fieldsOf(final)
      const proof = Buffer.from(fields.get('v') ?? '', 'base64')
      if (expected !== null && proof.length === expected.length && timingSafeEqual(proof, expected)) return
      throw new AppError('denied', fields.has('e') ? 'refused' : 'the daemon could not prove that it knows the password')
    },
  }
}

const fieldsOf = (message: string) => new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
