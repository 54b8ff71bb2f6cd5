import type { RequestHandler } from 'express'

/** Everything comes from here and from nowhere else; no inline script or style, and nobody frames us. */
const policy = [
  `default-src 'self'`,
  `img-src 'self' data:`,
  `object-src 'none'`,
  `base-uri 'none'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
].join('; ')

/** The headers of every answer, also of errors. Pages are never cached: they show what a person may see at that moment. */
export function securityHeaders(secure: boolean): RequestHandler {
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
      'Cache-Control': 'no-store',
    })
    if (secure) res.set('Strict-Transport-Security', 'max-age=31536000')
    next()
  }
}
