import assert from 'node:assert/strict'
import { replay } from '../../alerter/replay/replay.ts'
import { type Observed, traceSchema } from '../../alerter/replay/trace.ts'
import { fixture } from '../support/fixture.ts'

interface Recorded {
  id: string
  family: string
  observed: Observed[]
}

/** How many traces of a family agree in every record. These may only rise. */
const floors: Record<string, number> = {
  state: 60,
  flap: 47,
  notify: 42,
  topology: 33,
  // Downtimes, dependencies and checks that the engine schedules itself are in every trace of these: not done yet.
  ackdown: 0,
  mixed: 0,
  freshness: 0,
  schedule: 0,
}

/** Records as sets: order inside one instant means nothing. */
const line = ({ t, ev, host, service, text: _, ...fields }: Observed) =>
  `${t} ${ev} ${host ?? ''};${service ?? ''} ${JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))}`

function differences(want: readonly Observed[], got: readonly Observed[]): string[] {
  const wanted = new Set(want.map(line))
  const given = new Set(got.map(line))
  return [
    ...[...wanted].filter((one) => !given.has(one)).map((one) => `missing: ${one}`),
    ...[...given].filter((one) => !wanted.has(one)).map((one) => `too much: ${one}`),
  ]
}

describe('the engine beside a real Nagios', () => {
  const traces = fixture('alerting/nagios-traces.jsonl.br')
    .split('\n')
    .map((text) => JSON.parse(text) as Recorded)
  const byFamily = Map.groupBy(traces, (trace) => trace.family)

  for (const [family, floor] of Object.entries(floors))
    it(`decides as Nagios did in at least ${floor} of ${byFamily.get(family)?.length} traces of the family ${family}`, () => {
      const disagreeing: string[] = []
      const all = byFamily.get(family) ?? []
      for (const trace of all) {
        const { observed } = replay(traceSchema.parse(trace))
        const [first] = differences(trace.observed, observed)
        if (first) disagreeing.push(`${trace.id} ${first}`)
      }
      const agreeing = all.length - disagreeing.length
      assert.ok(agreeing >= floor, `${agreeing} agree:\n${disagreeing.slice(0, 5).join('\n')}`)
      assert.ok(floor === agreeing, `${agreeing} agree now: raise the floor of ${family} to it`)
    })

  it('brings every service through the same states, also where notifications depend on what is not done yet', () => {
    const fields = ['state', 'type', 'attempt', 'lastHard', 'lastStateChange', 'lastHardStateChange']
    for (const family of ['state', 'flap', 'notify', 'ackdown'])
      for (const trace of byFamily.get(family) ?? []) {
        const steps = new Set(
          (trace as unknown as { steps: { t: number; do: string }[] }).steps
            .filter((one) => one.do === 'result')
            .map(({ t }) => t),
        )
        const states = (records: readonly Observed[]) =>
          records
            .filter((record) => record.ev === 'after' && steps.has(record.t))
            .map((record) => [record.t, record.host, record.service, ...fields.map((field) => record[field])].join(' '))
        assert.deepEqual(states(replay(traceSchema.parse(trace)).observed), states(trace.observed), trace.id)
      }
  })

  it('says what a trace asks for and the engine does not do', () => {
    const asks = (family: string) =>
      new Set((byFamily.get(family) ?? []).flatMap((trace) => replay(traceSchema.parse(trace)).unsupported))
    assert.deepEqual([...asks('state')], [])
    assert.deepEqual([...asks('flap')], [])
    assert.ok(asks('ackdown').has('downtime'))
    assert.ok(asks('schedule').has('scheduled checks'))
  })
})
