/** Runs a check as the engine would, on a device. */
import type { Check, CheckContext, Programs } from '../../model/contract.ts'

export async function runCheck<C>(
  check: Check<C>,
  config: unknown,
  options: { programs?: Programs; macros?: Readonly<Record<string, string>>; signal?: AbortSignal } = {},
) {
  const { programs, macros = { HOSTADDRESS: '127.0.0.1', HOSTNAME: 'device' }, signal = new AbortController().signal } = options
  const device = { address: '127.0.0.1', alias: 'device', groups: [], parents: [], variables: {} }
  const target = { kind: 'device', id: 'device', name: 'device', project: null, host: null, instance: null, device } as const
  const context = {
    ...{ config: check.config.parse(config), target, now: 0, signal, macro: (name: string) => macros[name] },
    ...{ store: { range: async () => ({ times: [], series: [] }), latest: async () => [] }, health: { all: () => [] } },
    ...(programs && { programs }),
  }
  const result = await check.run(context as unknown as CheckContext<C>)
  if (result === null) throw new Error('the check says nothing')
  return result
}
