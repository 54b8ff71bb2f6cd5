import { z } from 'zod'
import { type Secret, secret } from '../../config/fields.ts'
import { template } from '../../config/template-field.ts'
import { byName, headerValue, httpUrl, secretUrl, way } from '../notifying/fields.ts'

const header = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a name of an HTTP header')

const endpoint = z.strictObject({
  /** `{file: …}` or `{env: …}` where the address itself is a secret. */
  url: z.union([httpUrl, secretUrl], { error: 'not an address (http:// or https://), nor {file: …} or {env: …} with one' }),
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: z.record(header, z.union([headerValue, secret])).default({}),
  contentType: headerValue.default('application/json'),
  /** Default: the message as JSON (docs/notifiers.md). */
  body: template.optional(),
  /** Signs the body: HMAC-SHA256 over the time and the body. */
  secret: secret.optional(),
  ...way,
})

/** Endpoints by the names that contacts use. */
export const webhookConfig = z.strictObject({ endpoints: byName(endpoint) })
export type WebhookConfig = z.output<typeof webhookConfig>
export type Endpoint = z.output<typeof endpoint>

export const revealed = (value: string | Secret): string => (typeof value === 'string' ? value : value.reveal())
