import { z } from 'zod'
import { secret } from '../../config/fields.ts'
import { byName, httpUrl, secretUrl, way } from '../notifying/fields.ts'

/** A bot (threads a problem), incoming webhooks (no threads: Slack does not say what was posted), or both. */
export const slackConfig = z
  .strictObject({
    token: secret.optional(),
    webhooks: byName(secretUrl).default({}),
    api: httpUrl.prefault('https://slack.com/api'),
    ...way,
  })
  .refine(({ token, webhooks }) => token !== undefined || Object.keys(webhooks).length > 0, {
    message: 'a bot token or a webhook is needed',
  })
export type SlackConfig = z.output<typeof slackConfig>
