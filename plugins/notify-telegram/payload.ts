/** A message for Telegram's `sendMessage`: 4,096 characters at most once the tags are read. Pure. */
import type { Summary } from '../notifying/summary.ts'
import { clip, escapeHtml } from '../notifying/text.ts'

const most = 4096

/** `-1001234567890`, `@channel`, with `/42` for a topic of a forum. */
export function chatOf(to: string): { chat_id: string; message_thread_id?: number } | null {
  const [, chat, topic] = /^(-?\d{1,20}|@[A-Za-z]\w{3,31})(?:\/(\d{1,15}))?$/.exec(to) ?? []
  if (chat === undefined) return null
  return { chat_id: chat, ...(topic === undefined ? {} : { message_thread_id: Number(topic) }) }
}

export function payloadOf(summary: Summary, to: string, reply: string | null): Record<string, unknown> {
  const answered = reply !== null && /^\d+$/.test(reply)
  return {
    ...chatOf(to),
    ...{ text: htmlOf(summary), parse_mode: 'HTML', link_preview_options: { is_disabled: true } },
    ...(answered && { reply_parameters: { message_id: Number(reply), allow_sending_without_reply: true } }),
  }
}

export function htmlOf({ kindWord, title, output, longOutput, rows, link, linkWord }: Summary): string {
  const facts = rows.map(({ label, value }) => ({ label, value: clip(value, 250) }))
  const long = room(most - 100, [
    kindWord,
    title,
    output,
    linkWord,
    ...facts.flatMap(({ label, value }) => [label, value, '    ']),
  ])
  const parts = [
    `<b>${escapeHtml(kindWord)}: ${escapeHtml(title)}</b>`,
    escapeHtml(output),
    longOutput === '' || long < 20 ? '' : `<pre>${escapeHtml(clip(longOutput, long))}</pre>`,
    facts.map(({ label, value }) => `${escapeHtml(label)}: ${escapeHtml(value)}`).join('\n'),
    link === '' ? '' : `<a href="${escapeHtml(link)}">${escapeHtml(linkWord)}</a>`,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const room = (all: number, taken: readonly string[]) => all - taken.reduce((sum, text) => sum + text.length, 0)
