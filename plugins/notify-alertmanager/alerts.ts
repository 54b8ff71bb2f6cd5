/** A message as alerts of Alertmanager's API v2. Pure. */
import type { Summary } from '../notifying/summary.ts'
import { clip } from '../notifying/text.ts'
import type { Cluster } from './config.ts'

export interface PostedAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  generatorURL?: string
}

const severities = ['warning', 'critical', 'unknown', 'nodata'] as const

/** null = Alertmanager has nothing of the kind: it has silences and inhibitions of its own. */
export function alertsOf(
  summary: Summary,
  { labels, lasts }: Pick<Cluster, 'labels' | 'lasts'>,
  time: number,
): PostedAlert[] | null {
  const { kind, state } = summary
  const ends = (at: number) => new Date(at).toISOString()
  if (kind === 'test') return [alertOf(summary, labels, 'none', ends(time + 60_000))]
  if (kind !== 'problem' && kind !== 'recovery' && kind !== 'acknowledgement') return null
  // Labels name an alert, so each severity is an alert of its own: those that no longer hold are ended with the same call.
  return severities.map((severity) =>
    alertOf(summary, labels, severity, severity === state && kind !== 'recovery' ? ends(time + lasts) : ends(time)),
  )
}

/** Labels are what does not change while the problem lasts: ids, not names, and no host (an instance may move). */
function alertOf(summary: Summary, more: Cluster['labels'], severity: string, endsAt: string): PostedAlert {
  const { title, output, longOutput, rule, target, project, host, check, author, comment, link, since } = summary
  const labels = {
    ...more,
    ...{ alertname: rule, severity, job: 'specola', check, target_kind: target.kind, target: target.id },
    ...(project !== '' && { project }),
  }
  const annotations = Object.entries({
    ...{ summary: title, description: clip([output, longOutput].filter((part) => part !== '').join('\n\n'), 4000) },
    ...{ target_name: target.name, host, acknowledged_by: author, comment },
  }).filter(([, value]) => value !== '')
  return {
    ...{ labels, annotations: Object.fromEntries(annotations), startsAt: since, endsAt: endsAt < since ? since : endsAt },
    ...(link !== '' && { generatorURL: link }),
  }
}
