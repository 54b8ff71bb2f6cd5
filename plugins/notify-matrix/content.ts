/** The content of an `m.room.message`, in text and HTML; an event has 65,536 bytes at most. Pure. */
import { colours, type Summary, textOf } from '../notifying/summary.ts'
import { bytes, clip, escapeHtml } from '../notifying/text.ts'

const most = 24 * 1024

export function contentOf(summary: Summary, thread: string | null): Record<string, unknown> {
  return {
    ...{ msgtype: 'm.text', body: clip(textOf(summary), most, bytes) },
    ...{ format: 'org.matrix.custom.html', formatted_body: htmlOf(summary) },
    // Nobody is called by what a name says.
    'm.mentions': {},
    ...(thread !== null && {
      'm.relates_to': { rel_type: 'm.thread', event_id: thread, is_falling_back: true, 'm.in_reply_to': { event_id: thread } },
    }),
  }
}

/** Summaries are bounded (summary.ts): with everything escaped this stays below 40 KiB. */
function htmlOf({ kindWord, title, output, longOutput, rows, link, linkWord, state }: Summary): string {
  const facts = rows.map(({ label, value }) => `<li>${escapeHtml(label)}: ${escapeHtml(value)}</li>`).join('')
  const long = longOutput === '' ? '' : `<pre><code>${escapeHtml(clip(longOutput, 3000))}</code></pre>`
  return [
    `<p><strong><font data-mx-color="${colours[state]}">${escapeHtml(kindWord)}</font>: ${escapeHtml(title)}</strong></p>`,
    `<p>${escapeHtml(output)}</p>${long}<ul>${facts}</ul>`,
    link === '' ? '' : `<p><a href="${escapeHtml(link)}">${escapeHtml(linkWord)}</a></p>`,
  ].join('')
}
