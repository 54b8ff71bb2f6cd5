import { z } from 'zod'
import { duration, secret, timeZone } from '../config/fields.ts'

/** Where to listen: `127.0.0.1:8080`, `[::]:8080`. Port 0 takes any free one. */
const listen = z.string().transform((text, ctx) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match && port <= 65_535) return { host: (match[1] ?? match[2]) as string, port }
  ctx.addIssue({ code: 'custom', message: `not an address to listen on: "${text}" (write address:port, such as 127.0.0.1:8080)` })
  return z.NEVER
})

/** The `ui:` section of the configuration. */
export const uiSection = z.strictObject({
  listen: listen.prefault('127.0.0.1:8080'),
  /** How people reach it, when a proxy stands in front. https makes the session cookie Secure. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Days and months are cut here, and times shown here unless a person chooses otherwise. */
  zone: timeZone.default('Europe/Rome'),
  /** For browsers that ask for neither language. */
  language: z.enum(['it', 'en']).default('en'),
  session: z
    .strictObject({
      /** Signed in at most this long. */
      lifetime: duration.prefault('12h'),
      /** Signed out after this long without any page open. */
      idle: duration.prefault('2h'),
    })
    .prefault({}),
  /** Who may read /metrics: whoever has the token; without one, programs on this machine. */
  metrics: z
    .strictObject({
      token: secret.optional(),
      /** Names of the slowest, most flapping, never-ok checks' targets: they belong to tenants. */
      targets: z.boolean().default(false),
    })
    .refine(({ token, targets }) => !targets || token !== undefined, {
      error: 'names of instances are told only to those who have a token: set token too',
      path: ['targets'],
    })
    .prefault({}),
  /** Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  trustedProxies: z.array(z.string()).default([]),
})

export type UiConfig = z.output<typeof uiSection>
