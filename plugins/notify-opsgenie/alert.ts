/**
 * A message as a call of Opsgenie's Alert API: message 130 characters, alias and entity 512, description 15,000, source and user
 * 100, note 25,000, details 8,000 in all. Pure.
 */
import type { Summary } from '../notifying/summary.ts'
import { clip } from '../notifying/text.ts'

export interface Call {
  path: string
  body: Record<string, unknown>
}

const priorities = { ok: 'P5', warning: 'P3', critical: 'P1', unknown: 'P3', nodata: 'P3' } as const
const source = 'Specola'

export const aliasOf = ({ check }: Pick<Summary, 'check'>): string => clip(`specola-${check}`, 512)

/** null = Opsgenie has nothing of the kind. */
export function callOf(summary: Summary, teams: readonly string[]): Call | null {
  const { kind, author, comment } = summary
  if (kind === 'problem' || kind === 'test') return { path: '/v2/alerts', body: alertOf(summary, teams) }
  const note = clip([summary.kindWord, summary.output, comment].filter((part) => part !== '').join(' - '), 25_000)
  const body = { source, note, ...(author !== '' && { user: clip(author, 100) }) }
  const about = (verb: string): Call => ({
    path: `/v2/alerts/${encodeURIComponent(aliasOf(summary))}/${verb}?identifierType=alias`,
    body,
  })
  if (kind === 'recovery') return about('close')
  if (kind === 'acknowledgement') return about('acknowledge')
  return about('notes')
}

/** What a test opened is closed at once. */
export const closeOf = (summary: Summary): Call => ({
  path: `/v2/alerts/${encodeURIComponent(aliasOf(summary))}/close?identifierType=alias`,
  body: { source, note: summary.kindWord },
})

function alertOf(summary: Summary, teams: readonly string[]): Record<string, unknown> {
  const { title, output, longOutput, rows, target, rule, link, state, kind } = summary
  return {
    ...{ message: clip(title, 130), alias: aliasOf(summary) },
    description: clip([output, longOutput, link].filter((part) => part !== '').join('\n\n'), 15_000),
    ...{ entity: clip(target.name, 512), source, priority: kind === 'test' ? 'P5' : priorities[state] },
    tags: ['specola', clip(rule, 50), state],
    details: Object.fromEntries(rows.map(({ label, value }) => [clip(label, 50), clip(value, 500)])),
    ...(teams.length > 0 && { responders: teams.map((name) => ({ name, type: 'team' })) }),
  }
}
