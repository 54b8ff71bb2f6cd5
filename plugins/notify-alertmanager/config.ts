import { z } from 'zod'
import { duration, secret } from '../../config/fields.ts'
import { byName, httpUrl, way } from '../notifying/fields.ts'

const cluster = z
  .strictObject({
    /** All members of the cluster: each gets every alert, as Alertmanager wants it. */
    urls: z.array(httpUrl).min(1).max(10),
    user: z.string().min(1).optional(),
    password: secret.optional(),
    token: secret.optional(),
    /** Labels beside our own, for the routes there. */
    labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/, 'not a label name'), z.string().max(200)).default({}),
    /** A problem that is not told again ends there after this: longer than the longest `repeat` of your rules. */
    lasts: duration.prefault('7d'),
    ...way,
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), { message: 'user and password go together' })
  .refine(({ user, token }) => user === undefined || token === undefined, { message: 'a user or a token, not both' })

/** Clusters by the names that contacts use. */
export const alertmanagerConfig = z.strictObject({ clusters: byName(cluster) })
export type AlertmanagerConfig = z.output<typeof alertmanagerConfig>
export type Cluster = z.output<typeof cluster>
