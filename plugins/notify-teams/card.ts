/**
 * An adaptive card for a Teams workflow, 28 KB at most. Texts are runs of a RichTextBlock: unlike TextBlock and Fact they know no
 * Markdown, so no name can make a link. Pure.
 */
import type { Summary } from '../notifying/summary.ts'
import { bytes, clip } from '../notifying/text.ts'

const mostBytes = 28 * 1024 - 1024

const colourWords = { ok: 'good', warning: 'warning', critical: 'attention', unknown: 'accent', nodata: 'accent' } as const

const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more })
const block = (inlines: readonly object[], more: object = {}) => ({ type: 'RichTextBlock', inlines, ...more })

export function cardOf(summary: Summary): { type: 'message'; attachments: object[] } {
  const whole = envelope(summary)
  if (bytes(JSON.stringify(whole)) <= mostBytes) return whole
  return envelope({ ...summary, longOutput: '', output: clip(summary.output, 500) })
}

function envelope({ kindWord, title, output, longOutput, rows, link, linkWord, state, sentBy }: Summary) {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    ...{ type: 'AdaptiveCard', version: '1.4', msteams: { width: 'Full' } },
    body: [
      block([run(kindWord, { weight: 'bolder', color: colourWords[state] })]),
      block([run(title, { size: 'large', weight: 'bolder' })], { spacing: 'none' }),
      ...(output === '' ? [] : [block([run(output)])]),
      ...(longOutput === ''
        ? []
        : longOutput
            .split('\n')
            .slice(0, 30)
            .map((line) =>
              block([run(line === '' ? ' ' : line, { fontType: 'monospace', size: 'small' })], { spacing: 'none' }),
            )),
      ...rows.map(({ label, value }) => block([run(`${label}: `, { isSubtle: true }), run(value)], { spacing: 'small' })),
      block([run(sentBy, { isSubtle: true, size: 'small' })]),
    ],
    ...(link === '' ? {} : { actions: [{ type: 'Action.OpenUrl', title: linkWord, url: link }] }),
  }
  return {
    type: 'message' as const,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}
