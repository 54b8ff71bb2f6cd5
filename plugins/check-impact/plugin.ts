import { z } from 'zod'
import { cappedList, listText } from '../../model/cause.ts'
import type { Check } from '../../model/contract.ts'

const config = z.strictObject({})

/** What a failing cause means for the people of one project: their own instances, and nothing of what carries them. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'impact',
  description: 'Instances of a project that cannot be reached because what carries them fails; for contacts of projects only',
  targets: ['impact'],
  config,
  async run({ impact }) {
    const view = impact?.()
    if (!view) return { state: 'unknown', output: 'known to the running "specola serve" only', perfdata: [] }
    const { affected, of } = view
    const perfdata = [{ label: 'affected', value: affected.length, unit: '', min: 0, max: of }]
    if (affected.length === 0)
      return { state: 'ok', output: `${of} ${of === 1 ? 'instance' : 'instances'}, none affected`, perfdata }
    const list = listText(
      cappedList(
        affected.map(({ id, name }) => name ?? id),
        10,
      ),
    )
    const count = `${affected.length} of ${of} ${of === 1 ? 'instance' : 'instances'}`
    return {
      state: affected.every(({ silent }) => silent) ? 'nodata' : 'critical',
      output: `${count} of the project cannot be reached, the operators know: ${list}`,
      perfdata,
    }
  },
}
