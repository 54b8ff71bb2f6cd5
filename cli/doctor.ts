import { inspectBroker } from '../collector/amqp/inspect.ts'
import { everything } from '../model/access.ts'
import { systemClock as clock } from '../model/clock.ts'
import { openDatabaseReadOnly } from '../store/journal/database.ts'
import { usageJournal } from '../store/journal/usage.ts'
import { readArguments, required } from './arguments.ts'
import { openClouds } from './clouds.ts'
import type { Command } from './command.ts'
import { type Configuration, configurationFrom } from './configuration.ts'
import { type ApiView, tryApis } from './doctor/apis.ts'
import { brokerFindings } from './doctor/broker.ts'
import { examineEngines } from './doctor/engines.ts'
import type { Finding } from './doctor/finding.ts'
import { heardSince } from './doctor/heard.ts'
import { ownFindings, ownHealth } from './doctor/own-health.ts'
import { settings } from './doctor/settings.ts'
import { witnessFindings } from './doctor/witnesses.ts'
import { findPlugins } from './plugins.ts'
import { printable } from './printable.ts'

/** What was heard in so long is looked at, ms. */
const lookBack = 86_400_000

export const command: Command = {
  name: 'doctor',
  summary: 'what the cloud does not switch on, and which figures suffer',
  usage: `usage: specola doctor --config FILE [--data DIR] [--json]

Judges from what was heard in the last day, from the brokers and from the APIs: which notifications are on, which queues nobody
reads, how far the credentials reach, and how Specola's own data is. Changes nothing; works while serve is running.
Exit code 0: nothing to do; 1: figures or alarms suffer.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: { config: { type: 'string' }, data: { type: 'string' }, json: { type: 'boolean', default: false } },
    })
    const config = configurationFrom(required('config', values.config), await findPlugins())
    const findings = await examine(config, values.data ?? config.data)
    const counts = { ok: 0, note: 0, trouble: 0 }
    for (const { level } of findings) counts[level]++
    if (values.json) io.out(JSON.stringify({ ...counts, findings }))
    else {
      for (const finding of findings) io.out(shown(finding))
      io.out(
        `\n${counts.ok} in order, ${counts.note} to know, ${counts.trouble} to do${counts.trouble === 0 ? '.' : ': figures or alarms suffer until then.'}`,
      )
    }
    return counts.trouble > 0 ? 1 : 0
  },
}

async function examine(config: Configuration, directory: string): Promise<Finding[]> {
  const now = clock.now()
  const from = now - lookBack
  const db = openDatabaseReadOnly(directory)
  try {
    const heard = heardSince(db, from)
    const usage = usageJournal(db, clock)
    // what changed before anybody listened was not to be heard
    const views = await examineApis(config, Math.max(from, heard.first ?? from))
    const told = {
      changed: merged(views),
      instances: views.some(({ instances }) => instances === null)
        ? null
        : views.reduce((n, { instances }) => n + (instances ?? 0), 0),
      auditLogs: views.some(({ auditLog }) => auditLog === null) ? null : views.flatMap(({ auditLog }) => auditLog ?? []),
      hasSwift: views.some(({ hasSwift }) => hasSwift === true),
    }
    const unknown = views.length === 0 ? { changed: null, instances: null, auditLogs: null, hasSwift: null } : told
    return [
      ...settings(heard, unknown, now),
      ...(await examineBrokers(config)),
      ...(views.length > 0 ? views.flatMap(({ findings }) => findings) : [withoutApis]),
      ...(await examineEngines(config)),
      ...ownFindings(await ownHealth(directory, db), heard, now),
      ...witnessFindings(await usage.discrepancies(everything, { from, to: now, limit: 1000 }), await usage.overdue(now)),
    ]
  } finally {
    db.close()
  }
}

const withoutApis: Finding = {
  ...{ area: 'api', subject: 'collector.openstack', level: 'trouble', found: 'no cloud is configured' },
  costs: 'what the bus loses stays lost; backfill and verify do not work',
  advice: 'give Specola an application credential (config/example.yaml shows how)',
}

async function examineApis(config: Configuration, from: number): Promise<ApiView[]> {
  if (config.collector.openstack.length === 0) return []
  const clouds = openClouds(config)
  try {
    return await Promise.all(clouds.map((cloud) => tryApis(cloud, from)))
  } finally {
    for (const cloud of clouds) cloud.close()
  }
}

async function examineBrokers(config: Configuration): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const source of config.collector.amqp) {
    try {
      findings.push(...brokerFindings(source, await inspectBroker(source)))
    } catch (error) {
      findings.push({
        ...{
          area: 'broker',
          subject: source.name,
          level: 'trouble',
          found: `${new URL(source.urls[0] ?? '').host}: ${(error as Error).message}`,
        },
        costs: 'nothing is heard from this broker',
        advice: 'is it up, and are user, password and vhost right?',
      })
    }
  }
  return findings
}

/** Changes of all clouds together; null when any could not be asked. */
function merged(views: readonly ApiView[]): Record<string, number> | null {
  const sum: Record<string, number> = {}
  for (const { changed } of views) {
    if (changed === null) return null
    for (const [kind, count] of Object.entries(changed)) sum[kind] = (sum[kind] ?? 0) + count
  }
  return sum
}

const marks = { ok: 'ok     ', note: 'note   ', trouble: 'TROUBLE' }

function shown({ area, subject, level, found, costs, advice }: Finding): string {
  const lines = [`${marks[level]} ${area.padEnd(13)} ${subject}: ${found}`]
  if (costs !== null) lines.push(`        ${' '.repeat(13)}   costs: ${costs}`)
  if (advice !== null) lines.push(`        ${' '.repeat(13)}   do: ${advice}`)
  return lines.map(printable).join('\n')
}
