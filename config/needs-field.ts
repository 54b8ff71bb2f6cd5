import { z } from 'zod'
import type { Needs } from '../model/compose.ts'

/** `all`, `any`, `2` (so many) or `60%`. */
export const needsField = z.union([z.int().min(1).max(100_000), z.string()]).transform((written, ctx): Needs => {
  if (written === 'all' || written === 'any') return written
  if (typeof written === 'number') return { count: written }
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(written)
  if (percent && Number(percent[1]) > 0 && Number(percent[1]) <= 100) return { percent: Number(percent[1]) }
  ctx.addIssue({ code: 'custom', message: `"${written}" is none of: all, any, a number such as 2, a share such as 60%` })
  return z.NEVER
})
