import { z } from 'zod'
import { secret } from '../../config/fields.ts'
import { byName, httpUrl, way } from '../notifying/fields.ts'

const integration = z.strictObject({
  key: secret,
  /** Teams that the alert is for; default: whom the integration itself names. */
  teams: z.array(z.string().min(1).max(100)).max(50).default([]),
})

/** API integrations by the names that contacts use. */
export const opsgenieConfig = z.strictObject({
  integrations: byName(integration),
  /** `https://api.eu.opsgenie.com` for accounts of the European region. */
  api: httpUrl.prefault('https://api.opsgenie.com'),
  ...way,
})
export type OpsgenieConfig = z.output<typeof opsgenieConfig>
