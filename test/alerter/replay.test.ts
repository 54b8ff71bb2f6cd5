import assert from 'node:assert/strict'
import { asNagios, type Quirks, sensible } from '../../alerter/quirks.ts'
import { type ReplayOptions, replay } from '../../alerter/replay/replay.ts'
import { type Observed, traceSchema } from '../../alerter/replay/trace.ts'
import { fixture } from '../support/fixture.ts'

interface Recorded {
  id: string
  family: string
  observed: Observed[]
}

const families = ['state', 'notify', 'flap', 'ackdown', 'topology', 'schedule', 'freshness', 'mixed']

/** Records as sets: order inside one instant means nothing. */
const line = ({ t, ev, host, service, ...fields }: Observed) =>
  `${t} ${ev} ${host ?? ''};${service ?? ''} ${JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))}`

function differences(want: readonly Observed[], got: readonly Observed[]): string[] {
  const wanted = new Set(want.map(line))
  const given = new Set(got.map(line))
  return [
    ...[...wanted].filter((one) => !given.has(one)).map((one) => `missing: ${one}`),
    ...[...given].filter((one) => !wanted.has(one)).map((one) => `too much: ${one}`),
  ]
}

const run = (recorded: Recorded, options: ReplayOptions) => replay(traceSchema.parse(recorded), options)

describe('the engine beside a real Nagios', () => {
  const traces = fixture('alerting/nagios-traces.jsonl.br')
    .split('\n')
    .map((text) => JSON.parse(text) as Recorded)
  const byFamily = Map.groupBy(traces, (trace) => trace.family)

  for (const family of families)
    it(`nagiosCompatible: does in every record what Nagios did in all ${byFamily.get(family)?.length} traces of the family ${family}`, () => {
      const disagreeing = (byFamily.get(family) ?? []).flatMap((trace) => {
        const [first] = differences(trace.observed, run(trace, { nagiosCompatible: true }).observed)
        return first ? [`${trace.id} ${first}`] : []
      })
      assert.deepEqual(disagreeing, [])
    })

  it('there are traces of every family, and all that they ask for is known', () => {
    assert.deepEqual([...byFamily.keys()].sort(), [...families].sort())
    assert.deepEqual([...new Set(traces.flatMap((trace) => run(trace, {}).unsupported))], [])
  })

  it('with the defaults each difference is one of the named quirks, and a quirk alone explains it', () => {
    const quirks = Object.keys(asNagios) as (keyof Quirks)[]
    const unexplained: string[] = []
    for (const family of families)
      for (const trace of (byFamily.get(family) ?? []).slice(0, 8)) {
        const differs = (options: ReplayOptions) => differences(trace.observed, run(trace, options).observed).length > 0
        const alone = quirks.some((quirk) => differs({ nagiosCompatible: true, quirks: { [quirk]: false } }))
        if (differs({ quirks: sensible }) && !alone) unexplained.push(trace.id)
      }
    assert.deepEqual(unexplained, [])
  })

  /** How many traces each quirk decides, alone; docs/nagios-differences.md tells the same. */
  const decides: Partial<Record<keyof Quirks, number>> = {
    forgetHeldRecoveries: 89,
    pendingMastersPass: 5,
    parentsCheckedInReverse: 16,
    freshnessStopsAfterRace: 1,
  }
  for (const [quirk, count] of Object.entries(decides))
    it(`${quirk} decides ${count} of the ${traces.length} traces`, () => {
      const differing = traces.filter(
        (trace) =>
          differences(trace.observed, run(trace, { nagiosCompatible: true, quirks: { [quirk]: false } }).observed).length > 0,
      )
      assert.equal(differing.length, count)
    })

  it('a recovery that Nagios forgets is told once, after what held it', () => {
    const told = (observed: readonly Observed[]) =>
      observed.filter(({ ev, type }) => ev === 'notify' && type === 'RECOVERY').length
    let more = 0
    for (const trace of traces) {
      const extra =
        told(run(trace, { nagiosCompatible: true, quirks: { forgetHeldRecoveries: false } }).observed) - told(trace.observed)
      assert.ok(extra >= 0, `${trace.id}: a recovery is missing`)
      more += extra
    }
    assert.equal(more, 39)
  })
})
