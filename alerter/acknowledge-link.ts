/**
 * Links in messages that take a problem without signing in. A link is for one problem of one check and one contact, for a time;
 * it is signed, so nothing of it can be changed, and made when the message is sent, so it is kept nowhere.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ownKey } from '../config/own-key.ts'
import type { AcknowledgeLinks, LinkClaim } from '../model/on-call.ts'

const signatureBytes = 32
/** Bound into every signature, so that nothing signed for another purpose is taken for a link. */
const purpose = 'specola acknowledge 1\0'
const longest = 1024

/** The key of the links: made at the first start, kept in the data directory for its owner only. */
export const linkKey = (directory: string): Buffer => ownKey(directory, 'acknowledge.key', 'links that were sent end')

/** `key`: any secret; of a configured one the hash is used. */
export function acknowledgeLinks(key: Buffer | string): AcknowledgeLinks {
  const secret = typeof key === 'string' ? createHash('sha256').update(key).digest() : key
  const sign = (payload: Buffer) => createHmac('sha256', secret).update(purpose).update(payload).digest()
  return {
    make({ check, began, contact, expires }) {
      const payload = Buffer.from(JSON.stringify([check, began, contact, expires]), 'utf8')
      return Buffer.concat([sign(payload), payload]).toString('base64url')
    },
    read(token) {
      if (token.length > longest || !/^[\w-]+$/.test(token)) return null
      const bytes = Buffer.from(token, 'base64url')
      // the same bytes written otherwise would be another key of the list of used links
      if (bytes.length <= signatureBytes || bytes.toString('base64url') !== token) return null
      const payload = bytes.subarray(signatureBytes)
      if (!timingSafeEqual(sign(payload), bytes.subarray(0, signatureBytes))) return null
      return claimOf(payload)
    },
    digest: (token) => createHash('sha256').update(token).digest('hex'),
  }
}

/** What we signed is as we made it; a later version may sign something else. */
function claimOf(payload: Buffer): LinkClaim | null {
  const value: unknown = JSON.parse(payload.toString('utf8'))
  if (!Array.isArray(value)) return null
  const [check, began, contact, expires] = value as unknown[]
  return typeof check === 'string' && typeof began === 'number' && typeof contact === 'string' && typeof expires === 'number'
    ? { check, began, contact, expires }
    : null
}
