import assert from 'node:assert/strict'
import { witnessFindings } from '../../cli/doctor/witnesses.ts'
import type { Discrepancy } from '../../model/discrepancy.ts'

const at = Date.UTC(2026, 10, 24, 12)
const saw = (about: Discrepancy['about']): Discrepancy => ({
  ...{ instance: 'i', at, about, ours: null, theirs: 'x', witness: 'exists' },
})

describe('what doctor says of other witnesses', () => {
  it('is that nothing is wrong when none disagreed and nothing is overdue', () =>
    assert.deepEqual(
      witnessFindings([], []).map(({ level }) => level),
      ['ok', 'ok'],
    ))

  it('counts disagreements by what they are about, the most frequent first', () => {
    const [finding] = witnessFindings([saw('end'), saw('launched_at'), saw('launched_at')], [])
    assert.equal(finding?.level, 'note')
    assert.match(finding?.found ?? '', /3 times .* about launched at 2, end 1$/)
  })

  it('counts actions that should have ended', () => {
    const [, finding] = witnessFindings([], [{ instance: 'i', project: null, action: 'rebuild', since: at - 1, due: at }])
    assert.match(finding?.found ?? '', /^1 began .*: rebuild 1$/)
    assert.ok(finding?.costs && finding.advice)
  })
})
