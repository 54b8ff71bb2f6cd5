/** A message as an event of PagerDuty's Events API v2 (summary 1,024 characters, dedup_key 255, 512 KB in all). Pure. */
import type { Summary } from '../notifying/summary.ts'
import { clip } from '../notifying/text.ts'

export type Action = 'trigger' | 'acknowledge' | 'resolve'

const severities = { ok: 'info', warning: 'warning', critical: 'critical', unknown: 'error', nodata: 'error' } as const

/** null = PagerDuty has nothing of the kind (downtimes, flapping). */
export function actionOf({ kind }: Pick<Summary, 'kind'>): Action | null {
  if (kind === 'problem' || kind === 'test') return 'trigger'
  if (kind === 'recovery') return 'resolve'
  return kind === 'acknowledgement' ? 'acknowledge' : null
}

/** The problem's own: whatever is said about it comes to the same incident. */
export const dedupKey = ({ check }: Pick<Summary, 'check'>): string => clip(`specola-${check}`, 255)

export function eventOf(summary: Summary, action: Action): Record<string, unknown> {
  const event = { event_action: action, dedup_key: dedupKey(summary) }
  if (action !== 'trigger') return event
  const { title, output, longOutput, target, rule, project, host, link, linkWord, since, rows, perfdataText } = summary
  return {
    ...event,
    ...{ client: 'Specola', ...(link !== '' && { client_url: link, links: [{ href: link, text: linkWord }] }) },
    payload: {
      summary: clip(`${title} - ${output}`, 1024),
      source: target.name,
      severity: summary.kind === 'test' ? 'info' : severities[summary.state],
      ...{ timestamp: since, component: target.kind, class: rule },
      ...((project || host) && { group: project || host }),
      custom_details: {
        ...Object.fromEntries(rows.map(({ label, value }) => [label, value])),
        ...(longOutput !== '' && { details: longOutput }),
        ...(perfdataText !== '' && { perfdata: perfdataText }),
      },
    },
  }
}
