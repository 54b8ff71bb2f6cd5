/** Fields that config sections are made of. Each turns what a person writes ("30s", "512MiB") into what the code uses. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const durations: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "250ms", "30s", "5m", "1h30m", "14d" → milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  const part = /(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g
  if (!/^(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)){1,5}$/.test(text.trim())) return null
  return [...text.matchAll(part)].reduce((sum, [, n, unit]) => sum + Number(n) * (durations[unit as string] as number), 0)
}

/** The same, where it has to be one. */
export const duration = z.string().transform((text, ctx) => {
  const ms = durationMs(text)
  if (ms !== null) return ms
  ctx.addIssue({ code: 'custom', message: `not a duration: "${text}" (write a number and a unit: 250ms, 30s, 5m, 1h, 14d)` })
  return z.NEVER
})

const sizes: Record<string, number> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

/** "512MiB", "2GB" → bytes. */
export const bytes = z.string().transform((text, ctx) => {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]?i?B)$/.exec(text.trim())
  const factor = match && sizes[match[2] as string]
  if (match && factor) return Number(match[1]) * factor
  ctx.addIssue({ code: 'custom', message: `not a size: "${text}" (write a number and a unit: 512MiB, 2GiB, 10GB)` })
  return z.NEVER
})

/** A value that never shows itself: printing, logging and JSON give `***`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '***'
  }
  toJSON(): string {
    return '***'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}

/** `{file: /path}` (trailing newline dropped) or `{env: NAME}`. A secret written into the config itself is refused. */
export const secret = z
  .union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })], {
    error: 'a secret is not written here: use {file: /path/to/it} or {env: NAME}',
  })
  .transform((source, ctx) => {
    if ('env' in source) {
      const value = process.env[source.env]
      if (value !== undefined && value !== '') return new Secret(value)
      ctx.addIssue({ code: 'custom', message: `environment variable ${source.env} is not set` })
      return z.NEVER
    }
    try {
      return new Secret(readFileSync(source.file, 'utf8').replace(/\r?\n$/, ''))
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: `cannot read ${source.file}: ${(error as NodeJS.ErrnoException).code}` })
      return z.NEVER
    }
  })

/** An IANA time zone that this machine knows. */
export const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}, 'not a time zone (write an IANA name such as Europe/Rome)')
