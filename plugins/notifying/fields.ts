/** Fields that the sections of notifiers are made of. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { duration, type Secret, secret } from '../../config/fields.ts'
import type { Way } from './http.ts'

const isHttp = (text: string) => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === ''
}

/** An address without credentials in it. */
export const httpUrl = z
  .string()
  .refine(isHttp, 'not an address (http:// or https://, without a name and password in it)')
  .transform((url) => url.replace(/\/+$/, ''))

/** An address that is a secret itself: whoever has it may write there. */
export const secretUrl = secret.refine((one: Secret) => isHttp(one.reveal()), 'what is there is no http:// or https:// address')

/** Secrets by the names that contacts use for them. */
export const byName = <S extends z.ZodType>(field: S) =>
  z.record(z.string().regex(/^[\w.-]{3,64}$/, 'a name has 3 to 64 letters, digits, dots and dashes'), field)

/** A value of an HTTP header. */
export const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header has no line breaks or control characters')

/** How the server is reached: to be spread into a section. */
export const way = {
  /** PEM file of the authority that signed its certificate; default: those that Node.js knows. */
  ca: z
    .string()
    .min(1)
    .transform((file, ctx) => {
      try {
        return readFileSync(file, 'utf8')
      } catch (error) {
        ctx.addIssue({ code: 'custom', message: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}` })
        return z.NEVER
      }
    })
    .optional(),
  proxy: httpUrl.optional(),
  timeout: duration.prefault('20s'),
}

export const wayOf = (section: { ca?: string | undefined; proxy?: string | undefined; timeout: number }): Way => ({
  ...{ ca: section.ca ?? null, proxy: section.proxy ?? null, timeoutMs: section.timeout },
})

/** For notifiers whose addresses are names of their own section. */
export const noSuch = (name: string, known: readonly string[]): string =>
  `"${name}" is not there${known.length > 0 ? ` (known: ${known.join(', ')})` : ''}`
