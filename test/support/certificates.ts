/** Certificates for tests, made by openssl: an authority of our own, and whatever it signs. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface Authority {
  /** PEM file. */
  readonly ca: string
  /** Signs a certificate for this name, which is also its only host name. `days` -1 = expired yesterday. */
  sign(name: string, days?: number): { cert: string; key: string }
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] })

/** A new authority whose files are under `directory`. */
export function authority(directory: string, name: string): Authority {
  const path = (file: string) => join(directory, file)
  const [ca, caKey] = [path(`${name}.pem`), path(`${name}.key`)]
  openssl('req', '-x509', ...curve, '-keyout', caKey, '-out', ca, '-subj', `/CN=${name}`, '-days', '2')
  return {
    ca,
    sign(subject, days = 2) {
      const base = `${name}-${subject}${days < 0 ? '-expired' : ''}`
      const [cert, key, request] = [path(`${base}.pem`), path(`${base}.key`), path(`${base}.csr`)]
      const alternative = `subjectAltName=${/^[\d.]+$/.test(subject) ? 'IP' : 'DNS'}:${subject}`
      openssl('req', ...curve, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`, '-addext', alternative)
      const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days)]
      openssl('x509', '-req', '-in', request, ...signing, '-out', cert)
      return { cert, key }
    },
  }
}
