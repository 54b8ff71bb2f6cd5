/** A check that says what a test wants, and notifiers that keep what they are given. */
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
      config: z.strictObject({}),
    },
    async run({ target }) {
      const state = word.get(target.id) ?? 'ok'
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
  return {
    word,
    sent,
    answers,
    plugins: [spoken, keeping('kept'), keeping('pager')],
    /** `alice: problem critical` for each message, in order; several in one with what is in it. */
    said: () =>
      sent.map(({ to, message: { kind, problem, items } }) =>
        items
          ? `${to}: ${problem.rule} of ${items.map((item) => `${item.kind} ${item.problem.targetName} ${item.problem.state}`).join(', ')}`
          : `${to}: ${kind} ${problem.state}`,
      ),
  }
}
