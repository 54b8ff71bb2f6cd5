import { z } from 'zod'
import { secret } from '../../config/fields.ts'
import { httpUrl, way } from '../notifying/fields.ts'

/** An account of a home server that has joined the rooms. */
export const matrixConfig = z.strictObject({ homeserver: httpUrl, token: secret, ...way })
export type MatrixConfig = z.output<typeof matrixConfig>
