/** What a rule lets targets change for themselves, as it is written. */
import { z } from 'zod'
import { durationMs } from '../config/fields.ts'

/** What every rule has, beside the keys of its check's own configuration. */
export const ruleKeys = ['interval', 'retryInterval', 'attempts', 'off'] as const

const bound = z.unknown().transform((given, ctx): number => {
  const read = typeof given === 'number' ? given : durationMs(String(given))
  if (read !== null) return read
  ctx.addIssue({ code: 'custom', message: `neither a number nor a duration: "${String(given)}"` })
  return z.NEVER
})

const key = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9.]{0,63}$/, 'a key of the rule (interval, retryInterval, attempts, off) or of its config')

export const overrideField = z
  .strictObject({
    /** Keys that a target may change. */
    allow: z.array(key).min(1),
    /** Of these also towards fewer alarms. `off` is allowed by being allowed. */
    loosen: z.array(key).default([]),
    from: z
      .array(z.enum(['metadata', 'tags']))
      .min(1)
      .default(['metadata', 'tags']),
    /** Names of metadata keys and tags begin with it: `specola.RULE.KEY`. */
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_:-]{1,64}$/, 'letters, digits, dashes')
      .default('specola'),
    /** The ends of thresholds, numbers, or durations must lie in it. */
    limits: z.record(key, z.strictObject({ min: bound.optional(), max: bound.optional() })).default({}),
  })
  .superRefine(({ allow, loosen, limits }, ctx) => {
    for (const [index, one] of loosen.entries())
      if (!allow.includes(one))
        ctx.addIssue({ code: 'custom', path: ['loosen', index], message: `"${one}" is not in allow`, input: one })
    for (const one of Object.keys(limits))
      if (!allow.includes(one))
        ctx.addIssue({ code: 'custom', path: ['limits', one], message: `"${one}" is not in allow`, input: one })
  })

export type OverridePolicy = z.output<typeof overrideField>
