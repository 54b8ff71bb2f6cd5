import { z } from 'zod'
import { parseThreshold, type Threshold } from '../model/threshold.ts'

/** A threshold as a person wrote it and as it is judged. */
export interface WrittenThreshold {
  text: string
  range: Threshold
}

/** "80", "10:", "~:5", "@10:20": a monitoring plugin's threshold. */
export const threshold = z.string().transform((text, ctx): WrittenThreshold => {
  const parsed = parseThreshold(text)
  if (parsed.ok) return { text: text.trim(), range: parsed.threshold }
  ctx.addIssue({ code: 'custom', message: `not a threshold: "${text}", character ${parsed.position + 1}: ${parsed.message}` })
  return z.NEVER
})
