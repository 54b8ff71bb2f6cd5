import { z } from 'zod'
import { type Secret, secret } from '../../config/fields.ts'
import { template } from '../../config/template-field.ts'
import { headerValue, httpUrl, way } from '../notifying/fields.ts'

/** A secret, or a template that reads `to`, `text` and the message (docs/notifiers.md). */
const value = z.union([template, secret])

/** A gateway that sends text messages for an HTTP request. */
export const smsConfig = z
  .strictObject({
    url: httpUrl,
    method: z.enum(['GET', 'POST']).default('POST'),
    headers: z.record(z.string().regex(/^[\w-]+$/), z.union([headerValue, secret])).default({}),
    /** Parameters of the address, each encoded. */
    query: z.record(z.string(), value).default({}),
    /** Fields of a form, each encoded. */
    form: z.record(z.string(), value).optional(),
    /** Any other body: `{"to": {{json to}}, "text": {{json text}}}`. */
    body: template.optional(),
    contentType: headerValue.default('application/json'),
    /** What the message says; default: kind, title, output. */
    text: template.optional(),
    /** Segments at most; each costs. */
    segments: z.int().min(1).max(10).default(2),
    /** drop: á → a, so that more fits; keep: as it is written. */
    accents: z.enum(['keep', 'drop']).default('drop'),
    /** A gateway that says 200 to everything says this only when it took the message. */
    expect: z.string().min(1).optional(),
    ...way,
  })
  .refine(({ form, body }) => form === undefined || body === undefined, { message: 'a form or a body, not both', path: ['body'] })
  .refine(({ method, form, body }) => method === 'POST' || (form === undefined && body === undefined), {
    ...{ message: 'a GET has no body: write method: POST', path: ['method'] },
  })
export type SmsConfig = z.output<typeof smsConfig>

export const isSecret = (one: unknown): one is Secret => typeof one === 'object' && one !== null && 'reveal' in one
