/** What Slack's Web API says in the body of a 200. Pure. */
import { z } from 'zod'

const answer = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  ts: z.string().optional(),
  channel: z.string().optional(),
})
export type SlackAnswer = z.output<typeof answer>

/** null = not an answer of Slack's. */
export function readAnswer(body: string): SlackAnswer | null {
  try {
    return answer.parse(JSON.parse(body))
  } catch {
    return null
  }
}

/** Errors of the message itself; all others pass by themselves or are the operator's to mend (token, scope, channel). */
const refused = new Set([
  ...['msg_too_long', 'msg_blocks_too_long', 'no_text', 'invalid_blocks', 'invalid_blocks_format', 'invalid_attachments'],
  ...['too_many_attachments', 'invalid_arguments', 'invalid_arg_name', 'invalid_array_arg', 'invalid_json', 'metadata_too_large'],
])

export const isRefused = (error: string | undefined): boolean => error !== undefined && refused.has(error)

/** The thread is gone: the message stands for itself then. */
const withoutThread = new Set(['thread_not_found', 'cannot_reply_to_message', 'message_not_found', 'invalid_thread_ts'])

export const threadIsGone = (error: string | undefined): boolean => error !== undefined && withoutThread.has(error)
