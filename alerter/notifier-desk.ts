/** Notifiers as an operator sees them: which there are, whom they reach, a message to try one, and what it would say. */
import type { Clock } from '../model/clock.ts'
import type { Delivery, Message, Notifier, NotifierContext, NotifierDesk, Plugin, ReachedContact } from '../model/contract.ts'
import type { ConfiguredNotifier } from './dispatch.ts'
import { holdingBack } from './hold-back.ts'
import { orAborted } from './or-aborted.ts'
import { sampleHistory, sampleMessage } from './sample-message.ts'
import { type AlerterConfig, isNotifier } from './section.ts'

export interface DeskDeps {
  plugins: readonly Plugin[]
  render: NotifierContext<unknown>['render']
  clock: Clock
}

/** The notifiers that have a section, by name. */
export function notifiersOf(
  config: Pick<AlerterConfig, 'notifiers'>,
  plugins: readonly Plugin[],
): Map<string, ConfiguredNotifier> {
  return new Map(
    plugins
      .filter(isNotifier)
      .filter(({ name }) => config.notifiers[name] !== undefined)
      .map((notifier) => [notifier.name, { notifier, config: config.notifiers[notifier.name] }]),
  )
}

/** The same for the queue: what a server asks for holds for all messages to an address. */
export function queueNotifiers(
  config: Pick<AlerterConfig, 'notifiers'>,
  { plugins, clock }: Pick<DeskDeps, 'plugins' | 'clock'>,
): Map<string, ConfiguredNotifier> {
  const held = [...notifiersOf(config, plugins)].map(
    ([name, one]) => [name, { ...one, notifier: holdingBack(one.notifier, clock) }] as const,
  )
  return new Map(held)
}

export function notifierDesk(config: AlerterConfig, { plugins, render, clock }: DeskDeps): NotifierDesk {
  const configured = notifiersOf(config, plugins)
  const contactsOf = (notifier: string): ReachedContact[] =>
    config.contacts.flatMap(({ name, addresses, language }) => {
      const address = addresses[notifier]
      return address === undefined ? [] : [{ contact: name, address, language: language ?? config.language }]
    })

  function prepare(name: string, to: string, language: 'it' | 'en', kind: Message['kind']) {
    const found = configured.get(name)
    if (!found) return null
    const message = sampleMessage(config, clock.now(), language, kind)
    const context = { config: found.config, to, render, history: async () => sampleHistory(message.time) }
    return { notifier: found.notifier, config: found.config, message, context }
  }

  return {
    notifiers: () =>
      plugins
        .filter(isNotifier)
        .map(({ name, description }) => ({ name, description, configured: configured.has(name), contacts: contactsOf(name) })),

    async test(name, to, language) {
      const ready = prepare(name, to, language, 'test')
      if (!ready) return notThere(name)
      const { notifier, message, context } = ready
      const wrong = wrongAddress(notifier, to, ready.config)
      if (wrong !== null) return { ok: false, retry: false, reason: wrong }
      return within(config.timeoutMs, clock, (signal) => notifier.send(message, { ...context, signal }))
    },

    async preview(name, to, language, kind) {
      const ready = prepare(name, to, language, kind)
      if (!ready?.notifier.preview) return []
      return ready.notifier.preview(ready.message, { ...ready.context, signal: AbortSignal.timeout(config.timeoutMs) })
    },
  }
}

const notThere = (name: string): Delivery => ({
  ...{ ok: false, retry: false, reason: `no notifier "${name}" is configured (section alerter.${name})` },
})

const wrongAddress = (notifier: Notifier, to: string, config: unknown) => notifier.wrongAddress?.(to, config) ?? null

/** An answer within the time, or the reason why there is none. */
async function within(ms: number, clock: Clock, work: (signal: AbortSignal) => Promise<Delivery>): Promise<Delivery> {
  const over = new AbortController()
  const late = new AbortController()
  const timeout = clock.sleep(ms, over.signal).then(
    () => late.abort(new Error(`no answer within ${ms / 1000} s`)),
    () => undefined, // it answered in time
  )
  try {
    return await orAborted(work(late.signal), late.signal)
  } catch (error) {
    return { ok: false, retry: true, reason: (error as Error).message }
  } finally {
    over.abort()
    await timeout
  }
}
