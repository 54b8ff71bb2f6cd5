import { notifierDesk } from '../alerter/notifier-desk.ts'
import { systemClock as clock } from '../model/clock.ts'
import { AppError, type Delivery, type NotifierDesk } from '../model/contract.ts'
import { oneOf, readArguments, required } from './arguments.ts'
import type { Command, CommandIo } from './command.ts'
import { configurationFrom } from './configuration.ts'
import { findPlugins } from './plugins.ts'
import { printable } from './printable.ts'
import { createRender } from './render.ts'

const kinds = ['problem', 'recovery', 'acknowledgement', 'test'] as const

export const command: Command = {
  name: 'notify',
  summary: 'try a notifier: send a test, or show what a message would say',
  usage: `usage: specola notify list --config FILE [--json]
       specola notify test NAME [--to ADDRESS] [--language en|it] --config FILE [--json]
       specola notify preview NAME [--to ADDRESS] [--kind problem|recovery|acknowledgement|test] [--language en|it] --config FILE

NAME is a notifier (email, slack …), or a contact: then each of its addresses. A test goes straight to the address, past the queue,
says that it is a test, and prints what the server answered. Exit code 0 when every test was taken, 1 when one was not.`,

  async run(args, io) {
    const { values, positionals } = readArguments({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        to: { type: 'string' },
        kind: { type: 'string', default: 'problem' },
        language: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const [action, name] = positionals
    const plugins = await findPlugins()
    const { alerter, ui } = configurationFrom(required('config', values.config), plugins)
    const desk = notifierDesk(
      { ...alerter, publicUrl: alerter.publicUrl ?? ui.publicUrl ?? null },
      { plugins, render: createRender(), clock },
    )
    const language = values.language === undefined ? null : oneOf('language', values.language, ['en', 'it'])
    if (action === 'list') return list(desk, values.json, io)
    if ((action !== 'test' && action !== 'preview') || name === undefined)
      throw new AppError('usage', 'specola notify list, test NAME or preview NAME')
    const ways = waysOf(desk, name, values.to, language ?? alerter.language)
    const asked = ways.map((way) => ({ ...way, language: language ?? way.language }))
    if (action === 'test') return test(desk, asked, values.json, io)
    return preview(desk, asked, oneOf('kind', values.kind, kinds), io)
  },
}

interface Way {
  notifier: string
  address: string
  language: 'it' | 'en'
}

/** Whom a name means; a notifier with several addresses wants to be told which. */
function waysOf(desk: NotifierDesk, name: string, to: string | undefined, language: 'it' | 'en'): Way[] {
  const all = desk.notifiers().filter(({ configured }) => configured)
  const notifier = all.find((one) => one.name === name)
  if (notifier && to !== undefined) return [{ notifier: name, address: to, language }]
  const addresses = notifier?.contacts ?? []
  if (notifier && new Set(addresses.map(({ address }) => address)).size === 1)
    return addresses.slice(0, 1).map((one) => ({ ...one, notifier: name }))
  if (notifier) {
    const known = addresses.map(({ contact, address }) => `${contact}: ${address}`).join(', ')
    throw new AppError(
      'usage',
      `${name} reaches ${addresses.length} addresses: write which, --to ADDRESS${known && ` (${known})`}`,
    )
  }
  const own = all.flatMap((one) =>
    one.contacts.filter(({ contact }) => contact === name).map((way) => ({ ...way, notifier: one.name })),
  )
  if (own.length > 0) return own
  const names = all.map((one) => one.name).join(', ')
  throw new AppError(
    'usage',
    `"${name}" is no configured notifier and no contact${names === '' ? ': nothing is configured' : ` (notifiers: ${names})`}`,
  )
}

async function test(desk: NotifierDesk, ways: readonly Way[], json: boolean, io: CommandIo): Promise<number> {
  const results: (Way & { delivery: Delivery })[] = []
  for (const way of ways) results.push({ ...way, delivery: await desk.test(way.notifier, way.address, way.language) })
  if (json) io.out(JSON.stringify(results))
  else for (const { notifier, address, delivery } of results) io.out(visible(`${notifier} ${address}: ${said(delivery)}`))
  return results.every(({ delivery }) => delivery.ok) ? 0 : 1
}

function said(delivery: Delivery): string {
  if (!delivery.ok) return `NOT TAKEN (${delivery.retry ? 'would be tried again' : 'would be given up'}): ${delivery.reason}`
  return `taken${delivery.answer ? `: ${delivery.answer}` : ''}${delivery.notice ? `\n  ${delivery.notice}` : ''}`
}

async function preview(desk: NotifierDesk, ways: readonly Way[], kind: (typeof kinds)[number], io: CommandIo): Promise<number> {
  for (const { notifier, address, language } of ways) {
    const parts = await desk.preview(notifier, address, language, kind)
    if (parts.length === 0) io.out(`${notifier} ${address}: sends nothing for "${kind}"`)
    for (const { title, body } of parts) io.out(visible(`--- ${notifier} ${address}: ${title}\n${body}`))
  }
  return 0
}

function list(desk: NotifierDesk, json: boolean, io: CommandIo): number {
  const all = desk.notifiers()
  if (json) io.out(JSON.stringify(all))
  else
    for (const { name, description, configured, contacts } of all)
      io.out(
        visible(
          `${configured ? '*' : ' '} ${name.padEnd(13)} ${description}${contacts.map(({ contact, address }) => `\n    ${contact}: ${address}`).join('')}`,
        ),
      )
  return 0
}

/** Line by line: what a server answered is not to steer a terminal. */
const visible = (text: string) => text.split('\n').map(printable).join('\n')
