import { randomBytes, timingSafeEqual } from 'node:crypto'

const length = 24

/** The secret behind a session's form tokens; lives in the sealed cookie only. */
export const csrfSecret = () => randomBytes(length).toString('base64url')

/** A token for one page: the secret under a fresh mask, so that a compressed page does not leak it byte by byte (BREACH). */
export function csrfToken(secret: string): string {
  const mask = randomBytes(length)
  return Buffer.concat([mask, xor(Buffer.from(secret, 'base64url'), mask)]).toString('base64url')
}

/** Whether the token was made from this secret. */
export function csrfMatches(secret: string, token: string): boolean {
  const bytes = Buffer.from(token, 'base64url')
  const expected = Buffer.from(secret, 'base64url')
  if (bytes.length !== 2 * length || expected.length !== length) return false
  return timingSafeEqual(xor(bytes.subarray(length), bytes.subarray(0, length)), expected)
}

/** Browsers say where a request comes from; a form of another site is refused before its token is looked at. */
export function sameSite(
  headers: { 'sec-fetch-site'?: string | undefined; origin?: string | undefined },
  own: readonly string[],
) {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === undefined || own.includes(headers.origin)
}

const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)))
