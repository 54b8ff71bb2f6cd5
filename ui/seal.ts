import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ownKey } from '../config/own-key.ts'

const ivBytes = 12
const tagBytes = 16
/** Bound into every sealed text, so that nothing sealed for another purpose is taken for a session. */
const purpose = Buffer.from('specola session 1')

/** The key that seals cookies: made at the first start, kept in the data directory for its owner only. */
export const sealingKey = (directory: string): Buffer => ownKey(directory, 'session.key', 'everybody signs in once more')

/** AES-256-GCM of a JSON value, as text for a cookie. */
export function seal(key: Buffer, value: unknown): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(purpose)
  const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
}

/** What was sealed, or null for anything that this key did not seal. */
export function unseal(key: Buffer, text: string): unknown {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= ivBytes + tagBytes || bytes.length > 4096) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes)).setAAD(purpose)
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  try {
    const body = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null // forged, truncated, or sealed with an earlier key: the same as no cookie
  }
}
