/** Where the alerter keeps its states: `alerter.journal` of the configuration. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import { duration, type Secret, secret } from '../config/fields.ts'

/** A PostgreSQL that several alerters share. */
export interface SharedJournal {
  url: string
  password: Secret | null
  tls: { ca: string | null; cert: string | null; key: string | null; servername: string | null; verify: boolean } | null
  engine: string
  leaseMs: number
}

const readable = z.string().superRefine((path, ctx) => {
  try {
    readFileSync(path)
  } catch (error) {
    ctx.addIssue({ code: 'custom', message: `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}` })
  }
})

const databaseUrl = z.string().superRefine((text, ctx) => {
  const complain = (message: string) => ctx.addIssue({ code: 'custom', message })
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '')
    return complain('not of the form postgres://USER@HOST:PORT/DATABASE')
  if (url.password !== '') complain('a password does not belong in the URL: use password: {file: …} or {env: …}')
  if (url.username === '') complain('it names no user: postgres://USER@HOST:PORT/DATABASE')
  if (url.pathname.length < 2) complain('it names no database: postgres://USER@HOST:PORT/DATABASE')
  if (url.search !== '' || url.hash !== '') complain('settings do not belong in the URL: use tls and the keys beside it')
})

/** Shorter, and a slow disk of the database would look like a death; longer, and take-over would take more than 30 s. */
const lease = duration
  .refine((ms) => ms >= 4000 && ms <= 20_000, { error: 'between 4s and 20s: others take over after about a lease and a quarter' })
  .prefault('10s')

const tls = z
  .strictObject({
    ca: readable.optional(),
    cert: readable.optional(),
    key: readable.optional(),
    servername: z.string().min(1).optional(),
    verify: z.boolean().default(true),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), { error: 'cert and key go together' })
  .transform(({ ca, cert, key, servername, verify }) => ({
    ...{ ca: ca ?? null, cert: cert ?? null, key: key ?? null, servername: servername ?? null, verify },
  }))

const postgres = z
  .strictObject({
    url: databaseUrl,
    password: secret.optional(),
    tls: z.union([z.literal(false), tls]).default(false),
    engine: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'letters, digits, ".", "_" and "-", at most 64' })
      .optional(),
    lease,
  })
  .transform(
    ({ url, password, tls, engine, lease }): SharedJournal => ({
      ...{ url, password: password ?? null, tls: tls === false ? null : tls, engine: engine ?? hostname(), leaseMs: lease },
    }),
  )

/** Absent = in the data directory, for this engine alone. */
export const journalField = z.strictObject({ postgres }).transform((journal) => journal.postgres)
