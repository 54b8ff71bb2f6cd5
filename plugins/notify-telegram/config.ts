import { z } from 'zod'
import { secret } from '../../config/fields.ts'
import { httpUrl, way } from '../notifying/fields.ts'

/** A bot. */
export const telegramConfig = z.strictObject({
  token: secret.refine((token) => /^\d+:[\w-]+$/.test(token.reveal()), 'what is there is no bot token (123456:ABC…)'),
  api: httpUrl.prefault('https://api.telegram.org'),
  ...way,
})
export type TelegramConfig = z.output<typeof telegramConfig>
