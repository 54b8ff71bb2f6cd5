import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../config/fields.ts'

/** Whether `Authorization: Bearer …` holds this token; takes the same time whatever was sent. */
export const bearerIs = (token: Secret, authorization = ''): boolean =>
  timingSafeEqual(digest(token.reveal()), digest(/^Bearer (\S{1,512})$/.exec(authorization)?.[1] ?? ''))

const digest = (text: string) => createHash('sha256').update(text).digest()
