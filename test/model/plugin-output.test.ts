import assert from 'node:assert/strict'
import { parsePerfdata } from '../../model/perfdata.ts'
import { toBase } from '../../model/perfdata-units.ts'
import { splitOutput } from '../../model/plugin-output.ts'
import { fixture } from '../support/fixture.ts'

interface Split {
  text: string | null
  long: string | null
  perfdata: string | null
}

describe('plugin output', () => {
  it('is taken apart as Nagios does it', () => {
    for (const { raw, ...wanted } of (
      JSON.parse(fixture('alerting/output-split.json.gz')) as { cases: ({ raw: string } & Split)[] }
    ).cases) {
      const { text, longText, perfdata } = splitOutput(raw)
      assert.deepEqual({ text, long: longText, perfdata }, wanted, JSON.stringify(raw))
    }
  })

  it('of the real monitoring plugins gives the text Nagios and the numbers Icinga read', () => {
    interface Real {
      stdout: string
      split: Split
      items: { parsed: Record<string, unknown> | null }[]
    }
    for (const { stdout, split, items } of (JSON.parse(fixture('alerting/real-outputs.json.gz')) as { cases: Real[] }).cases) {
      const { text, longText, perfdata } = splitOutput(stdout)
      assert.deepEqual({ text, long: longText, perfdata }, split)
      const wanted = items.flatMap(({ parsed }) => (parsed ? [{ ...parsed, counter: false }] : []))
      const got = parsePerfdata(perfdata ?? '').items.map((item) => ({ ...toBase(item), counter: false }))
      assert.deepEqual(got, wanted)
    }
  })

  it('of a plugin gone mad is cut at 8 KiB', () => {
    assert.equal(splitOutput('x'.repeat(1_000_000)).text?.length, 8192)
  })
})
