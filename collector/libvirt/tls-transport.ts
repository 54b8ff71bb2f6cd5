/** libvirt over TLS: the daemon's certificate is checked against our CA and its name, ours by the daemon, which then says yes. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'
import type { LibvirtEndpoint } from './section.ts'
import type { Route } from './uri.ts'

type TlsRoute = Extract<Route, { kind: 'tls' }>
type TlsSettings = NonNullable<LibvirtEndpoint['tls']>

/** The one byte that libvirtd sends when it accepts a client's certificate. */
const accepted = 1

/** Resolves when the daemon has accepted us. Throws AppError: 'denied' for certificates, 'unreachable' for the network. */
export function openTls(
  route: TlsRoute,
  settings: TlsSettings = { ca: '/etc/pki/CA/cacert.pem' },
  clock: Clock,
  timeoutMs: number,
): Promise<TLSSocket> {
  const { host, port } = route
  const where = `${host}:${port}`
  const name = settings.serverName ?? host
  const ca = readPem(settings.ca, 'tls.ca')
  const own = settings.cert !== undefined && settings.key !== undefined ? readOwn(settings.cert, settings.key, clock.now()) : {}
  return new Promise((resolve, reject) => {
    const settled = new AbortController()
    let handshaken = false
    const socket = connect({
      ...{ host, port, ca, ...own },
      ...(isIP(name) ? {} : { servername: name }),
      // Checked below, before a byte is sent or read: a handshake that Node breaks off leaves no certificate to tell of.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    const fail = (error: AppError) => {
      settled.abort('failed')
      socket.destroy()
      reject(error)
    }
    const refused = () =>
      fail(new AppError('denied', `${where} does not accept ${ours(settings)}; ask its CA and its tls_allowed_dn_list`))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      handshaken || isAlert(error) ? refused() : fail(unreachable(where, error)),
    )
    // The daemon looks at our certificate after the handshake, and simply closes when it does not like it.
    socket.on('close', () => (handshaken ? refused() : fail(new AppError('unreachable', `${where} closed the connection`))))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate()
      const wrong = socket.authorized ? checkServerIdentity(name, certificate) : (socket.authorizationError as unknown)
      if (wrong) fail(new AppError('denied', `${where}: ${explain(wrong, certificate, { name, ca: settings.ca })}`))
      else handshaken = true
    })
    socket.once('data', (chunk: Buffer) => {
      if (settled.signal.aborted) return
      socket.pause()
      if (!handshaken || chunk[0] !== accepted) {
        refused()
        return
      }
      settled.abort('accepted')
      socket.removeAllListeners('error').removeAllListeners('close')
      if (chunk.length > 1) socket.unshift(chunk.subarray(1))
      resolve(socket)
    })
    clock.sleep(timeoutMs, settled.signal).then(
      () => fail(new AppError('unreachable', `${where}: no answer within ${timeoutMs} ms`)),
      () => undefined, // settled before the time was over
    )
  })
}

const ours = ({ cert }: TlsSettings) =>
  cert === undefined ? 'a client without a certificate (tls.cert, tls.key)' : `our certificate ${cert}`

/** TLS alerts of the other side (no certificate, an unknown CA, one that has expired …): it does not like ours. */
const isAlert = ({ code = '' }: NodeJS.ErrnoException) => /^ERR_SSL_(TLSV1|SSLV3|TLSV13)?_?.*ALERT/.test(code)

/** Why the daemon's certificate is not good enough. `wrong`: OpenSSL's code, or the error of the check of its name. */
function explain(wrong: unknown, certificate: PeerCertificate, { name, ca }: { name: string; ca: string }): string {
  switch (wrong instanceof Error ? (wrong as NodeJS.ErrnoException).code : String(wrong)) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${certificate.subjectaltname ?? certificate.subject.CN}, not for ${name} (tls.serverName)`
    case 'CERT_HAS_EXPIRED':
      return `its certificate was valid until ${certificate.valid_to}`
    case 'CERT_NOT_YET_VALID':
      return `its certificate is valid only from ${certificate.valid_from}`
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return `its certificate is not of the CA in ${ca} (tls.ca)`
    default:
      return `its certificate cannot be trusted: ${wrong instanceof Error ? wrong.message : wrong}`
  }
}

function unreachable(where: string, error: NodeJS.ErrnoException): AppError {
  const why: Record<string, string> = {
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'the name cannot be resolved',
    EAI_AGAIN: 'the name cannot be resolved now',
    EPROTO: 'it does not speak TLS',
  }
  return new AppError('unreachable', `${where}: ${why[error.code ?? ''] ?? error.message}`, { cause: error })
}

function readPem(file: string, setting: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new AppError('denied', `${setting}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function readOwn(certFile: string, keyFile: string, now: number): { cert: Buffer; key: Buffer } {
  const cert = readPem(certFile, 'tls.cert')
  const key = readPem(keyFile, 'tls.key')
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(cert)
  } catch {
    throw new AppError('denied', `tls.cert: ${certFile} holds no certificate in PEM`)
  }
  if (Date.parse(parsed.validTo) < now) throw new AppError('denied', `tls.cert: ${certFile} was valid until ${parsed.validTo}`)
  return { cert, key }
}
