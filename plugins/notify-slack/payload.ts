/**
 * A message in Slack's blocks. Limits: header 150, section 3,000, field 2,000 characters, ten fields, and about 13,000 in all
 * (undocumented: msg_blocks_too_long). `&`, `<` and `>` are all that Slack gives a meaning to beside its marks: escaped, no name can
 * call a channel (`<!channel>`) or hide a link. Pure.
 */
import { colours, type Summary } from '../notifying/summary.ts'
import { clip, clipEscaped } from '../notifying/text.ts'

export const escapeSlack = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true })
const escaped = (text: string, longest: number) => clipEscaped(text, longest, escapeSlack)

export function payloadOf(summary: Summary): Record<string, unknown> {
  const { kindWord, title, output, longOutput, rows, link, linkWord, state, sentBy } = summary
  const headline = `${kindWord}: ${title}`
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: clip(headline, 150), emoji: false } },
    ...(output === '' ? [] : [{ type: 'section', text: mrkdwn(escaped(output, 2500)) }]),
    ...(longOutput === ''
      ? []
      : [{ type: 'section', text: mrkdwn(`\`\`\`${escaped(longOutput.replaceAll('```', "'''"), 2500)}\`\`\``) }]),
    {
      type: 'section',
      fields: rows.slice(0, 10).map(({ label, value }) => mrkdwn(`*${escaped(label, 50)}*\n${escaped(value, 500)}`)),
    },
    ...(link === '' ? [] : [{ type: 'section', text: mrkdwn(`<${linkOf(link)}|${escaped(linkWord, 100)}>`) }]),
    { type: 'context', elements: [{ type: 'plain_text', text: clip(sentBy, 100), emoji: false }] },
  ]
  const fallback = escaped(`${headline} - ${output}`, 3000)
  return {
    ...{ text: fallback, mrkdwn: false, unfurl_links: false, unfurl_media: false },
    attachments: [{ color: colours[state], fallback, blocks }],
  }
}

/** Nothing in it ends the link. */
const linkOf = (link: string) => escapeSlack(link).replaceAll('|', '%7C')
