/** Checks that change every two seconds, and a notifier that writes each message to a file before it says that it was sent. */
import { fsyncSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { rulesSchema } from '../../alerter/rules.ts'
import { alerterSection } from '../../alerter/section.ts'
import type { Check, Notifier, Plugin } from '../../model/contract.ts'
import { checked, FakeInventory, instance } from './alerting.ts'

const holdMs = 2000

/** `log`: an open file; `fails`: whether the target fails in its turn, the same after a restart and in every process. */
export function changingChecks(log: number, many: number, fails: (turn: number) => boolean) {
  const changing: Check = {
    kind: 'check',
    name: 'changing',
    description: 'changes',
    targets: ['instance'],
    config: z.strictObject({}),
    async run({ target, now }) {
      const state = fails(Math.floor(now / holdMs) + Number(target.id)) ? 'critical' : 'ok'
      return { state, output: state, perfdata: [] }
    },
  }
  const file: Notifier = {
    kind: 'notifier',
    name: 'file',
    description: 'writes',
    config: z.strictObject({}),
    async send({ kind, problem, time }) {
      writeSync(log, `${problem.check} ${kind} ${time}\n`)
      fsyncSync(log)
      return { ok: true }
    },
  }
  const plugins = [changing, file] as readonly Plugin[]
  const { rules } = checked(
    `rules: [{ name: changing, plugin: changing, interval: 1s, retryInterval: 1s, attempts: 1, repeat: 0s, flapping: { low: 99, high: 100 } }]`,
    rulesSchema(plugins),
  )
  const config = checked(`{ file: {}, contacts: [{ name: alice, file: alice }] }`, alerterSection(plugins))
  const inventory = new FakeInventory()
  inventory.all = Array.from({ length: many }, (_, n) => instance(String(n)))
  return { plugins, rules, config, inventory }
}
