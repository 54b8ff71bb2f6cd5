import { z } from 'zod'
import { duration, secret } from '../../config/fields.ts'
import { template } from '../../config/template-field.ts'
import { way } from '../notifying/fields.ts'

const pemFile = way.ca.unwrap()
const ports = { implicit: 465, starttls: 587, opportunistic: 25, none: 25 } as const

/** The mail server and the sender. */
export const emailConfig = z
  .strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).optional(),
    /** implicit: TLS from the first byte; starttls: required; opportunistic: when offered, unverified; none: never. */
    tls: z.enum(['implicit', 'starttls', 'opportunistic', 'none']).default('opportunistic'),
    user: z.string().min(1).optional(),
    password: secret.optional(),
    from: z.string().regex(/^[^\s@<>"]+@[^\s@<>"]+$/, 'not a mail address (write it without a name: specola@example.org)'),
    /** Name that is shown beside the sender's address. */
    name: z.string().max(100).default('Specola'),
    timeout: duration.prefault('20s'),
    /** A picture of the last hours of the metric, where the check has one. */
    chart: z.boolean().default(true),
    /** Instead of the ones that come with Specola. */
    templates: z.strictObject({ subject: template.optional(), text: template.optional(), html: template.optional() }).default({}),
    /** PEM file of the authority that signed the server's certificate; default: those that Node.js knows. */
    ca: pemFile.optional(),
  })
  .superRefine((section, ctx) => {
    if ((section.user === undefined) !== (section.password === undefined))
      ctx.addIssue({ code: 'custom', path: ['user'], message: 'user and password go together' })
    if (section.user !== undefined && (section.tls === 'none' || section.tls === 'opportunistic'))
      ctx.addIssue({
        code: 'custom',
        path: ['password'],
        message: 'a password is only sent over verified TLS: write tls: implicit or starttls',
      })
  })
  .transform((section) => ({ ...section, port: section.port ?? ports[section.tls] }))

export type EmailConfig = z.output<typeof emailConfig>
