/**
 * A check that says what a test wants (`word`, by the target's id, with the rule's `as` before it), and notifiers that keep what they
 * are given.
 */
import { z } from 'zod'
import type { State } from '../../model/check.ts'
import type { Check, Delivery, Message, Notifier } from '../../model/contract.ts'

export function spokenScene() {
  const word = new Map<string, State>()
  const sent: { by: string; to: string; message: Message }[] = []
  const answers = new Map<string, Delivery | (() => Promise<Delivery>)>()
  const spoken: Check = {
    ...{
      kind: 'check',
      name: 'spoken',
      description: 'says what a test wants',
      targets: ['instance'],
      config: z.strictObject({ as: z.string().default('') }),
    },
    async run({ target, config }) {
      const state = word.get(`${(config as { as: string }).as}${target.id}`) ?? 'ok'
      return { state, output: `it is ${state}`, perfdata: [] }
    },
  }
  const keeping = (name: string): Notifier => ({
    ...{ kind: 'notifier', name, description: 'keeps messages', config: z.strictObject({}) },
    async send(message, { to }) {
      const answer = answers.get(to) ?? answers.get(name) ?? { ok: true }
      const delivery = typeof answer === 'function' ? await answer() : answer
      if (delivery.ok) sent.push({ by: name, to, message })
      return delivery.ok ? { ok: true, id: `id-${sent.length}` } : delivery
    },
  })
  const notifiers = [keeping('kept'), keeping('pager')]
  return {
    word,
    sent,
    answers,
    ...{ spoken, notifiers },
    plugins: [spoken, ...notifiers],
    /** For `beforeEach`. */
    forget() {
      word.clear()
      sent.length = 0
      answers.clear()
    },
    /** `alice: problem critical` for each message, in order; several in one with what is in it. */
    said: () =>
      sent.map(({ to, message: { kind, problem, items } }) =>
        items
          ? `${to}: ${problem.rule} of ${items.map((item) => `${item.kind} ${item.problem.targetName} ${item.problem.state}`).join(', ')}`
          : `${to}: ${kind} ${problem.state}`,
      ),
  }
}
