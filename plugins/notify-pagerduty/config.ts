import { z } from 'zod'
import { secret } from '../../config/fields.ts'
import { byName, httpUrl, way } from '../notifying/fields.ts'

/** Integration keys ("Events API v2") by the names that contacts use. */
export const pagerdutyConfig = z.strictObject({
  keys: byName(secret.refine((key) => /^\w{32}$/.test(key.reveal()), 'what is there is no integration key (32 characters)')),
  /** `https://events.eu.pagerduty.com` for accounts of the European region. */
  api: httpUrl.prefault('https://events.pagerduty.com'),
  ...way,
})
export type PagerdutyConfig = z.output<typeof pagerdutyConfig>
