/** A second file of the configuration, as `specola import-nagios` writes it, beside what people wrote themselves. */
import type { TimePeriod } from '../model/time-period.ts'
import type { CommandsConfig } from './commands-section.ts'
import type { Device } from './devices-section.ts'

interface Included<C extends { name: string }> {
  periods: ReadonlyMap<string, TimePeriod>
  contacts: readonly C[]
  devices: readonly Device[]
  notifiers: Readonly<Record<string, unknown>>
  commands: CommandsConfig
}

/** What stands in the main file wins; names that both have are told. */
export function together<C extends { name: string }, T extends Included<C>>(
  own: T,
  more: Included<C>,
  complain: (message: string) => void,
): T {
  for (const name of more.periods.keys()) if (own.periods.has(name)) complain(`a second period named "${name}"`)
  for (const [what, mine, theirs] of [
    ['contact', own.contacts.map(({ name }) => name), more.contacts.map(({ name }) => name)],
    ['device', own.devices.map(({ target }) => target.id), more.devices.map(({ target }) => target.id)],
  ] as const)
    for (const name of theirs) if (mine.includes(name)) complain(`a second ${what} named "${name}"`)
  // whoever wrote the main file may switch on what an import left off
  const off = own.commands.eventHandlers === null && more.commands.eventHandlers === false
  return {
    ...own,
    periods: new Map([...more.periods, ...own.periods]),
    contacts: [...own.contacts, ...more.contacts],
    devices: [...own.devices, ...(off ? more.devices.map(withoutHandlers) : more.devices)],
    notifiers: { ...more.notifiers, ...own.notifiers },
    commands: { ...own.commands, macros: new Map([...more.commands.macros, ...own.commands.macros]) },
  }
}

const withoutHandlers = (device: Device): Device => ({
  ...device,
  rules: device.rules.map((rule) => ({ ...rule, handlers: [] })),
})
