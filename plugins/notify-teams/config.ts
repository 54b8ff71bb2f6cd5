import { z } from 'zod'
import { byName, secretUrl, way } from '../notifying/fields.ts'

/** Addresses of Workflows ("When a Teams webhook request is received") by the names that contacts use. */
export const teamsConfig = z.strictObject({ webhooks: byName(secretUrl), ...way })
export type TeamsConfig = z.output<typeof teamsConfig>
