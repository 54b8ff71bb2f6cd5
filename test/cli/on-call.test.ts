import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command as config } from '../../cli/config.ts'
import { command as oncall } from '../../cli/oncall.ts'
import { command as why } from '../../cli/why.ts'
import { AppError } from '../../model/contract.ts'
import { alertJournal } from '../../store/journal/alerts.ts'
import { openDatabase } from '../../store/journal/database.ts'
import { onCallJournal } from '../../store/journal/on-call.ts'
import { runCommand } from '../support/command.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** As main.ts runs it. */
async function specola([name, ...args]: [keyof typeof commands, ...string[]]) {
  try {
    const { code, out, err } = await runCommand(commands[name], ...args)
    return { code, stdout: out, stderr: err }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { code: ['usage', 'config'].includes(error.code) ? 2 : 1, stdout: '', stderr: error.message }
  }
}
const commands = { oncall, why, config }

describe('specola oncall and why', () => {
  const root = temporaryDirectory()
  const begin = (alerter: string) => {
    const directory = mkdtempSync(join(root(), 'on-call-'))
    const config = join(directory, 'specola.yaml')
    writeFileSync(config, `data: ${directory}\nalerter:\n${alerter}`)
    return { directory, config }
  }
  const section = `  email: { host: localhost, from: a@example.org, tls: none }
  contacts: [{ name: anna, email: anna@example.org }, { name: bruno, email: bruno@example.org }]
  rotas: [{ name: duty, layers: [{ members: [anna, bruno], begins: 2026-01-05, handOver: "monday 09:00" }] }]
`

  it('say who is on call at a time, with or without a journal', async () => {
    const { directory, config } = begin(section)
    const asked = await specola(['oncall', '--config', config, '--at', '2026-01-13 10:00', '--json'])
    assert.equal(asked.code, 0)
    assert.deepEqual(JSON.parse(asked.stdout), [
      {
        ...{ rota: 'duty', who: 'bruno', since: '2026-01-12T08:00:00Z', until: '2026-01-19T08:00:00Z' },
        next: { who: 'anna', from: '2026-01-19T08:00:00Z', until: '2026-01-26T08:00:00Z' },
      },
    ])
    const db = openDatabase(directory)
    const [from, to] = [Date.UTC(2026, 0, 13), Date.UTC(2026, 0, 14)]
    await onCallJournal(db).addOverride(
      { id: 'o', rota: 'duty', who: 'anna', instead: 'bruno', from, to, by: 'ada', comment: '' },
      from,
    )
    db.close()
    const stands = await specola(['oncall', '--config', config, '--at', '2026-01-13 10:00'])
    assert.match(stands.stdout, /^duty {2}anna/m)
    const weeks = await specola(['oncall', '--config', config, '--at', '2026-01-05 09:00', '--until', '2026-01-20'])
    assert.deepEqual(
      weeks.stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/).at(-1)),
      ['anna', 'bruno', 'anna', 'bruno', 'anna'],
    )
  })

  it('exits 1 when nobody is, and 2 for what cannot be asked', async () => {
    const { config } = begin(section)
    assert.equal((await specola(['oncall', '--config', config, '--at', '2025-01-13'])).code, 1)
    const wrong = await specola(['oncall', '--config', config, '--at', 'tomorrow'])
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /--at: "tomorrow" is no instant/)
    assert.match((await specola(['oncall', '--config', config, '--rota', 'x'])).stderr, /no rota is named "x" \(known: duty\)/)
  })

  const mistake = (title: string, change: (text: string) => string, want: RegExp) =>
    it(`the configuration: ${title}`, async () => {
      const { config } = begin(change(section))
      const checked = await specola(['config', 'check', config])
      assert.equal(checked.code, 2)
      assert.match(checked.stdout + checked.stderr, want)
    })
  mistake(
    'a member that is no contact',
    (text) => text.replace('[anna, bruno]', '[anna, brunno]'),
    /:5:\d+ alerter\.rotas\[0\]\.layers\[0\]\.members\[1\]: no contact is named "brunno"/,
  )
  mistake(
    'a weekday with turns of days',
    (text) => text.replace('"monday 09:00"', '"monday 09:00", every: 1d'),
    /:5:\d+ .*handOver: a weekday needs turns of whole weeks/,
  )
  mistake(
    'a length that is none',
    (text) => text.replace('"monday 09:00"', '"09:00", every: fortnight'),
    /:5:\d+ .*every: not the length of a turn: "fortnight"/,
  )
  mistake(
    'an hour that is none',
    (text) => text.replace('"monday 09:00"', '"25:00"'),
    /:5:\d+ .*handOver: not a time of the day: "25:00"/,
  )
  mistake(
    'a group that is named as a contact',
    (text) => `${text}  groups: [{ name: anna, members: [bruno] }]\n`,
    /:6:\d+ .*a second contact, group or rota named "anna"/,
  )
  mistake(
    'a step to nobody known',
    (text) => `${text}  chains: [{ name: c, steps: [{ tell: [dutty] }] }]\n`,
    /:6:\d+ .*tell\[0\]: no contact, group or rota is named "dutty"/,
  )
  mistake(
    'a digest without a time',
    (text) => text.replace('{ name: anna,', '{ name: anna, digest: { states: [warning] },'),
    /:4:\d+ .*digest: say when/,
  )
  mistake(
    'a fallback that is nobody',
    (text) => text.replace('{ name: anna,', '{ name: anna, fallback: lead,'),
    /:4:\d+ .*fallback: no contact is named "lead"/,
  )
  mistake(
    'a heartbeat by what is not set up',
    (text) => `${text}  heartbeats: [{ notifier: pager, to: outside }]\n`,
    /:6:\d+ .*heartbeats\[0\]\.notifier: the section "pager:" is missing/,
  )
  mistake(
    'an override that ends first',
    (text) => text.replace('layers:', 'overrides: [{ who: anna, from: 2026-02-02, to: 2026-02-01 }], layers:'),
    /:5:\d+ .*overrides\[0\]\.to: is not after its beginning/,
  )

  it('why tells every decision, one a line', async () => {
    const { directory } = begin(section)
    const db = openDatabase(directory)
    const time = Date.UTC(2026, 0, 13)
    await alertJournal(db).commit({
      ...{ checks: [], removed: [], transitions: [], notifications: [], downtimes: [], comments: [] },
      held: [
        {
          ...{ check: 'c1', time, kind: 'problem', state: 'critical', contact: 'anna', notifier: '', outcome: 'suppressed' },
          ...{ reason: 'outside the contact’s period\u001b[31m "day"', filter: 'contact-period', attempts: 0 },
        },
      ],
    })
    db.close()
    const told = await specola(['why', '--data', directory, '--contact', 'anna'])
    assert.match(
      told.stdout,
      /^2026-01-13T00:00:00Z {2}suppressed {2}anna {2}problem critical: c1 on \? {2}\(contact-period: outside/,
    )
    assert.ok(!told.stdout.includes('\u001b'))
    const json = await specola(['why', '--data', directory, '--json'])
    assert.equal(JSON.parse(json.stdout).filter, 'contact-period')
    assert.equal((await specola(['why', '--data', directory, '--contact', 'bruno'])).stdout, '')
    assert.equal((await specola(['why', '--data', directory, '--outcome', 'lost'])).code, 2)
  })
})
