import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Asked,
  afterAsking,
  finding,
  isQuarantined,
  type Outcome,
  type Silence,
} from '../../../collector/libvirt/quarantine.ts'

const intervalMs = 30_000
const asked = (poll: number, domainId = 1): Asked => ({
  domainId,
  time: 1_800_000_000_000 + poll * intervalMs,
  at: poll * intervalMs,
  intervalMs,
})
/** What is known after these polls in a row. */
const silenceAfter = (...outcomes: readonly Outcome[]) =>
  outcomes.reduce<Silence | null>((silence, outcome, poll) => afterAsking(silence, outcome, asked(poll)), null)

describe('a QEMU that does not answer', () => {
  const is = (what: ReturnType<typeof finding>, ...outcomes: readonly Outcome[]) =>
    it(`is ${what ?? 'no finding'} after: ${outcomes.join(', ')}`, () => {
      const silence = silenceAfter(...outcomes)
      assert.equal(finding(silence, 1), what)
      assert.equal(isQuarantined(silence, 1), what !== null)
    })
  is(null, 'answered')
  is(null, 'skipped')
  is(null, 'skipped', 'answered', 'skipped')
  is(null, 'unasked')
  is('locked', 'skipped', 'skipped')
  is('hangs', 'hung')
  is('hangs', 'hung', 'skipped', 'skipped')
  is('hangs', 'skipped', 'skipped', 'hung')
  is('hangs', 'hung', 'unasked')
  is(null, 'hung', 'skipped', 'answered')

  it('has been silent since it was first asked in vain', () => {
    assert.equal(silenceAfter('answered', 'skipped', 'hung', 'unasked', 'skipped')?.since, asked(1).time)
  })

  it('is asked at every poll as long as that costs nothing', () => {
    for (const polls of [['hung'], ['hung', 'skipped'], ['skipped', 'skipped', 'skipped']] satisfies Outcome[][])
      assert.ok((silenceAfter(...polls)?.notBefore ?? Number.NaN) <= polls.length * intervalMs)
  })

  it('is asked more and more rarely when each time costs a call, but at least every five minutes', () => {
    const rest = (times: number) => {
      const silence = silenceAfter(...Array.from({ length: times }, (): Outcome => 'hung'))
      return ((silence?.notBefore ?? 0) - (times - 1) * intervalMs) / 1000
    }
    assert.deepEqual([1, 2, 3, 4, 5, 6, 60].map(rest), [0, 60, 120, 240, 300, 300, 300])
  })

  it('begins its next life with a clean slate', () => {
    const silence = silenceAfter('hung', 'hung')
    assert.equal(finding(silence, 2), null)
    assert.deepEqual(afterAsking(silence, 'skipped', asked(9, 2)), { ...afterAsking(null, 'skipped', asked(9, 2)) })
  })

  it('is let go as soon as it answers, whatever went before', () => {
    const outcome = fc.constantFrom<Outcome>('answered', 'skipped', 'hung', 'unasked')
    fc.assert(fc.property(fc.array(outcome), (outcomes) => silenceAfter(...outcomes, 'answered') === null))
  })
})
