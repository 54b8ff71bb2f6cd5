import assert from 'node:assert/strict'
import type { State } from '../../model/check.ts'
import type { CheckContext, Standing } from '../../model/contract.ts'
import { plugin } from './plugin.ts'

describe('check composite, of members without a result', () => {
  const standing = (state: State | null, n: number): Standing => ({
    ...{ check: `c${n}`, rule: 'state', state, hard: true, output: '' },
    target: { kind: 'instance', id: `i-${n}`, name: null },
  })
  const says = async (needs: string, wants: string | undefined, ...states: (State | null)[]) => {
    const config = plugin.config.parse({ members: [{ rules: ['state'] }], needs, ...(wants && { wants }) })
    const others = () => states.map(standing)
    const result = await plugin.run({ config, others } as unknown as CheckContext<typeof config>)
    return result && 'state' in result ? result.state : null
  }

  it('says nothing while those may decide it', async () => {
    assert.equal(await says('any', 'all', 'ok', null), null) // may be ok, or a warning
    assert.equal(await says('all', undefined, 'ok', null), null)
    assert.equal(await says('50%', 'all', null, null, 'critical', 'ok'), null)
  })

  it('says what is so whatever they will be', async () => {
    assert.equal(await says('all', undefined, 'critical', null), 'critical')
    assert.equal(await says('any', undefined, 'ok', null), 'ok')
    assert.equal(await says('any', 'all', 'ok', 'critical', null), 'warning')
    assert.equal(await says('all', undefined, 'ok', 'unknown', null), 'unknown')
  })
})
