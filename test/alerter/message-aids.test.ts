import assert from 'node:assert/strict'
import { messageAids } from '../../alerter/message-aids.ts'
import { rulesSchema } from '../../alerter/rules.ts'
import type { Plugin } from '../../model/contract.ts'
import type { QueuedNotification } from '../../model/tracked-check.ts'
import { plugin as cpu } from '../../plugins/check-cpu/plugin.ts'
import { plugin as ganglia } from '../../plugins/check-ganglia/plugin.ts'
import { plugin as state } from '../../plugins/check-state/plugin.ts'
import { checked } from '../support/alerting.ts'
import { notification } from '../support/sample-notification.ts'
import { SamplesInMemory } from '../support/samples-in-memory.ts'
import { silentLogger } from '../support/silent-logger.ts'

describe('the metric behind a problem', () => {
  const rules = checked(
    `rules: [{ name: cpu, plugin: cpu }, { name: state, plugin: state }, { name: load, plugin: ganglia, config: { metric: load_one, warn: "4" } }]`,
    rulesSchema([cpu, ganglia, state] as readonly Plugin[]),
  ).rules
  const now = Date.UTC(2026, 10, 22, 12)
  const minutes = (tags: Record<string, string>, measurement: string, field: string) =>
    Array.from({ length: 30 }, (_, n) => ({ measurement, tags, fields: { [field]: n }, time: now - n * 60_000 - 1 }))
  const historyOf = (
    rule: string,
    target = { kind: 'instance', id: 'i-1' },
    store: Pick<SamplesInMemory, 'range'> | null = null,
  ) => {
    const samples = new SamplesInMemory()
    samples.samples = [
      ...minutes({ instance: 'i-1', host: 'hv-1' }, 'instance', 'cpu_percent'),
      ...minutes({ instance: 'i-2', host: 'hv-1' }, 'instance', 'cpu_percent').map((one) => ({
        ...one,
        fields: { cpu_percent: 900 },
      })),
      ...minutes({ host: 'hv-1', metric: 'load_one' }, 'ganglia', 'value'),
    ]
    const aids = messageAids(
      { store: store ?? samples, journal: { conversation: async () => null }, logger: silentLogger() },
      rules,
    )
    return aids({ message: notification({}, { rule, target }) } as QueuedNotification).history()
  }

  it('is the last three hours of the target’s own series', async () => {
    const history = await historyOf('cpu')
    assert.equal(history?.values.length, 180)
    assert.deepEqual(history.values.slice(-3), [2, 1, 0])
    assert.equal(Math.max(...history.values.map((value) => value ?? 0)), 29)
    assert.equal(history.unit, '%')
  })
  it('is found for what Ganglia reports of a hypervisor', async () =>
    assert.deepEqual((await historyOf('load', { kind: 'hypervisor', id: 'hv-1' }))?.values.slice(-2), [1, 0]))
  it('is nothing where nothing is measured, or no rule is left', async () => {
    assert.equal(await historyOf('state'), null)
    assert.equal(await historyOf('gone'), null)
    assert.equal(await historyOf('cpu', { kind: 'instance', id: 'i-9' }), null)
  })
  it('costs no message when the store does not answer', async () =>
    assert.equal(await historyOf('cpu', undefined, { range: async () => Promise.reject(new Error('away')) }), null))
})
