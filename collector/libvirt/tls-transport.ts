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
      ...{ host, port, ca, ...own, ALPNProtocols: [] },
      ...(isIP(name) ? {} : { servername: name }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    })
    const fail = (error: AppError) => {
      settled.abort('failed')
      socket.destroy()
      reject(error)
    }
    const refused = () =>
      fail(new AppError('denied', `${where} does not accept ${ours(settings)}; ask its tls_allowed_dn_list and CA`))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (handshaken || isAlert(error)) refused()
      else fail(explain(error, { where, name, ca: settings.ca }, socket.getPeerCertificate?.()))
    })
    // The daemon looks at our certificate after the handshake, and simply closes when it does not like it.
    socket.on('close', () => (handshaken ? refused() : fail(new AppError('unreachable', `${where} closed the connection`))))
    socket.once('secureConnect', () => {
      handshaken = true
    })
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      if (chunk[0] !== accepted) {
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

function explain(
  error: NodeJS.ErrnoException,
  { where, name, ca }: { where: string; name: string; ca: string },
  certificate: PeerCertificate | undefined,
): AppError {
  const denied = (why: string) => new AppError('denied', `${where}: ${why}`, { cause: error })
  const until = certificate?.valid_to ?? 'a time that has passed'
  switch (error.code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return denied(
        `its certificate is for ${certificate?.subjectaltname ?? certificate?.subject?.CN ?? 'another name'}, not for ${name} (tls.serverName)`,
      )
    case 'CERT_HAS_EXPIRED':
      return denied(`its certificate was valid until ${until}`)
    case 'CERT_NOT_YET_VALID':
      return denied(`its certificate is valid only from ${certificate?.valid_from ?? 'later'}`)
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return denied(`its certificate is not of the CA in ${ca} (tls.ca)`)
    case 'ECONNREFUSED':
      return new AppError('unreachable', `${where}: nobody listens there`, { cause: error })
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AppError('unreachable', `${where}: the name cannot be resolved`, { cause: error })
    default:
      return new AppError('unreachable', `${where}: ${error.message}`, { cause: error })
  }
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
