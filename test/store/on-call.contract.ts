import assert from 'node:assert/strict'
import type { OnCallJournal } from '../../model/on-call.ts'
import type { Override } from '../../model/rota.ts'

const stand: Override = { id: 'o1', rota: 'duty', who: 'anna', instead: 'bruno', from: 100, to: 200, by: 'ada', comment: 'ferie' }

/**
 * What every journal of who is on call does. `open` gives two looks at an empty one for each test, as two nodes have them (the same
 * twice where there is but one); called inside `describe`.
 */
export function onCallContract(
  open: () => Promise<{ here: OnCallJournal; there: OnCallJournal; close: () => Promise<void> }>,
): void {
  let here: OnCallJournal
  let there: OnCallJournal
  let close: () => Promise<void>
  beforeEach(async () => {
    const opened = await open()
    here = opened.here
    there = opened.there
    close = opened.close
  })
  afterEach(() => close())

  it('keeps stand-ins in the order in which they were entered, wherever that was', async () => {
    await here.addOverride(stand, 1)
    await there.addOverride({ ...stand, id: 'o0', instead: null, comment: '' }, 2)
    await here.addOverride({ ...stand, id: 'old', from: 1, to: 50 }, 3)
    const wanted = [stand, { ...stand, id: 'o0', instead: null, comment: '' }]
    assert.deepEqual(await here.overrides(50), wanted)
    assert.deepEqual(await there.overrides(50), wanted)
    await assert.rejects(there.addOverride(stand, 4), 'an id is given once')
  })

  it('removes a stand-in once', async () => {
    await here.addOverride(stand, 1)
    const removed = await Promise.all([here.removeOverride('o1', 'bob', 5), there.removeOverride('o1', 'eve', 5)])
    assert.deepEqual(removed.filter(Boolean), [true])
    assert.deepEqual(await there.overrides(0), [])
    assert.equal(await here.removeOverride('none', 'bob', 5), false)
  })

  it('opens a calendar to whoever has its secret, until its account takes it back', async () => {
    const mine = await here.openFeed({ account: 'anna', contact: 'anna' }, 10)
    const all = await there.openFeed({ account: 'anna', contact: null }, 20)
    await here.openFeed({ account: 'bruno', contact: null }, 20)
    assert.notEqual(mine.secret, all.secret)
    const feed = { id: mine.id, account: 'anna', contact: 'anna', createdAt: 10 }
    assert.deepEqual(await here.feeds('anna'), [
      { ...feed, usedAt: null },
      { ...feed, id: all.id, contact: null, createdAt: 20, usedAt: null },
    ])
    assert.equal((await there.feed(mine.secret, 30))?.id, mine.id)
    assert.deepEqual((await here.feeds('anna'))[0], { ...feed, usedAt: 30 })
    assert.equal(await here.feed('wrong', 30), null)
    assert.equal(await here.revokeFeed(mine.id, 'bruno', 40), false)
    assert.equal(await there.revokeFeed(mine.id, 'anna', 40), true)
    assert.equal(await here.revokeFeed(mine.id, 'anna', 41), false)
    assert.equal(await here.feed(mine.secret, 50), null)
    assert.deepEqual(
      (await here.feeds('anna')).map(({ id }) => id),
      [all.id],
    )
  })

  it('lets a link be used by one of those who use it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const digest = `link ${round}`
      assert.equal(await there.linkUsed(digest), false)
      const used = await Promise.all([here, there, here, there].map((journal) => journal.useLink(digest, 1000, 1)))
      assert.deepEqual(used.filter(Boolean), [true])
      assert.equal(await here.linkUsed(digest), true)
      assert.equal(await there.linkUsed(digest), true)
    }
    await here.useLink('later', 5000, 2000)
    assert.equal(await there.linkUsed('link 0'), false, 'what could not be used any more is forgotten')
  })

  it('keeps texts of any kind, and nothing of a secret but its hash', async () => {
    const odd = { ...stand, comment: `'; DROP TABLE rota_override; -- "><script>` }
    await here.addOverride(odd, 1)
    assert.deepEqual(await there.overrides(0), [odd])
    const { secret } = await here.openFeed({ account: odd.comment, contact: null }, 1)
    assert.ok(!JSON.stringify(await there.feeds(odd.comment)).includes(secret))
  })
}
