/** How Specola's own data directory is. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../../store/journal/database.ts'
import { type Retired, retiredSoFar } from '../../store/journal/retired.ts'
import { type Finding, ok } from './finding.ts'
import type { Heard } from './heard.ts'

export interface OwnHealth {
  journalBytes: number
  walBytes: number
  samplesBytes: number
  parked: number
  freeBytes: number
  /** What retention removed from the journal since it began. */
  retired: readonly { what: Retired; count: number; at: number }[]
}

export async function ownHealth(directory: string, db: Database): Promise<OwnHealth> {
  const size = (path: string) => (existsSync(path) ? statSync(path).size : 0)
  const { bavail, bsize } = await statfs(directory)
  return {
    journalBytes: size(join(directory, 'journal.sqlite')),
    walBytes: size(join(directory, 'journal.sqlite-wal')),
    samplesBytes: sizeBelow(join(directory, 'samples')),
    parked: await linesBelow(join(directory, 'parked')),
    freeBytes: bavail * bsize,
    retired: retiredSoFar(db),
  }
}

function sizeBelow(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

/** Parked messages: one a line. Counted without taking the file into memory. */
async function linesBelow(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0
  let lines = 0
  for (const name of readdirSync(folder))
    for await (const chunk of createReadStream(join(folder, name)) as AsyncIterable<Buffer>)
      for (const byte of chunk) if (byte === 10) lines++
  return lines
}

const low = 1024 ** 3
const longLog = 512 * 1024 ** 2

/** What it means. Pure. */
export function ownFindings(
  { journalBytes, walBytes, samplesBytes, parked, freeBytes, retired }: OwnHealth,
  heard: Heard,
  now: number,
): Finding[] {
  const findings: Finding[] = [
    ok('specola', 'journal', `${mib(journalBytes)} and ${mib(walBytes)} of log; samples ${mib(samplesBytes)}`),
    ok('specola', 'removed from the journal', retired.length === 0 ? 'nothing so far' : retired.map(removedWords).join('; ')),
    freeBytes > low
      ? ok('specola', 'room for data', `${mib(freeBytes)} left`)
      : {
          ...{ area: 'specola', subject: 'room for data', level: 'trouble', found: `only ${mib(freeBytes)} left` },
          costs: 'when it is full, messages wait in the broker and samples are dropped',
          advice: 'make room, or shorten store.retention',
        },
    parked === 0
      ? ok('specola', 'parked messages', 'none')
      : {
          ...{ area: 'specola', subject: 'parked messages', level: 'note', found: `${parked} could not be understood` },
          costs: 'what they told is missing',
          advice: 'read DIR/parked; a newer Specola may take them: specola import DIR/parked/*.jsonl',
        },
  ]
  if (walBytes > longLog)
    findings.push({
      ...{ area: 'specola', subject: "journal's log", level: 'note', found: mib(walBytes) },
      costs: 'slower reading',
      advice: 'a program reads the journal all the time and never lets go: which one?',
    })
  findings.push(
    heard.newest === null
      ? {
          ...{ area: 'specola', subject: 'newest message', level: 'trouble', found: 'never heard one' },
          costs: 'there are no figures but those of the APIs',
          advice: 'configure collector.amqp and start serve',
        }
      : ok('specola', 'newest message', `${ago(now - heard.newest)} ago`),
  )
  return findings
}

const removedThings: Readonly<Record<Retired, string>> = {
  witnesses: 'audits and readings that repeated others',
  texts: 'texts of messages',
  events: 'events',
  alerts: 'entries of the history of alerts',
}
const removedWords = ({ what, count, at }: OwnHealth['retired'][number]) =>
  `${count} ${removedThings[what]} (last on ${new Date(at).toISOString().slice(0, 10)})`

const mib = (bytes: number) =>
  bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`
const ago = (ms: number) => {
  const minutes = Math.round(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
