import { backfill } from '../collector/openstack/backfill.ts'
import { systemClock } from '../model/clock.ts'
import { openDatabase } from '../store/journal/database.ts'
import { eventJournal } from '../store/journal/events.ts'
import { readingJournal } from '../store/journal/readings.ts'
import { readArguments, readTime, required } from './arguments.ts'
import { openClouds } from './clouds.ts'
import type { Command } from './command.ts'
import { configurationFrom } from './configuration.ts'
import { findPlugins } from './plugins.ts'
import { progressBar } from './progress.ts'

export const command: Command = {
  name: 'backfill',
  summary: 'take in what a cloud did before Specola came',
  usage: `usage: specola backfill --config FILE [--since T] [--data DIR] [--json]

Reads the clouds of collector.openstack: instances, also the deleted ones that Nova has not archived, their actions, volumes,
snapshots, backups, images, networks, floating IPs, projects, users. Nothing is counted twice: it may be stopped, killed and
called again (it goes on where it was), also on a directory that has events already. The directory must not be in use: stop
serve first. --since T: only instances changed since then.`,

  async run(args, io) {
    const { values } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string' },
        data: { type: 'string' },
        since: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const config = configurationFrom(required('config', values.config), await findPlugins())
    const since = values.since === undefined ? 0 : readTime('since', values.since)
    const stop = new AbortController()
    const { signal } = stop
    const clouds = openClouds(config, signal)
    const db = openDatabase(values.data ?? config.data)
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)))
    const { stderr } = process
    const bar = progressBar(
      { isTTY: stderr.isTTY === true, columns: stderr.columns ?? 80, write: (text) => stderr.write(text) },
      systemClock.monotonic,
    )
    try {
      const events = eventJournal(db)
      const done = await backfill({
        ...{ clouds, since, signal, clock: systemClock, progress: bar.show },
        intake: { events: events.record },
        journal: readingJournal(db),
        listed: events.listed,
      })
      bar.end()
      const { instances, actions, resources, news, gone, complaints, resumed } = done
      if (values.json) io.out(JSON.stringify(done))
      else
        io.out(
          `${resumed ? 'Went on where it had been stopped. ' : ''}${instances} instances, ${actions} actions and ${resources} other resources read; ${news} were news${gone > 0 ? `, ${gone} instances were gone without a word` : ''}.`,
        )
      for (const complaint of complaints) io.err(complaint)
      return complaints.length > 0 ? 1 : 0
    } catch (error) {
      bar.end()
      if (!signal.aborted) throw error
      io.err('stopped; call it again to go on from here')
      return 1
    } finally {
      for (const cloud of clouds) cloud.close()
      db.close()
    }
  },
}
