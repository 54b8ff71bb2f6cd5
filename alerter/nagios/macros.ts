/** `$MACROS$` of command lines. An unknown one stays as it is, an unset argument is empty. */

/** What a command may name; looked up when it is asked for. */
export interface MacroWorld {
  host(name: string): MacroHost | undefined
  service(host: string, description: string): MacroService | undefined
  hostgroup(name: string): { alias: string; members: readonly string[] } | undefined
  contact(name: string): { alias: string; email: string; pager: string; addresses: readonly string[] } | undefined
  /** `$USERn$`, by n. */
  user(n: number): string | undefined
}

export interface MacroHost {
  name: string
  alias: string
  address: string
  displayName: string
  notes: string
  notesUrl: string
  actionUrl: string
  checkCommand: string
  maxAttempts: string
  groups: readonly string[]
  /** `_RACK` → value. */
  custom: ReadonlyMap<string, string>
}

export interface MacroService {
  description: string
  displayName: string
  notes: string
  notesUrl: string
  actionUrl: string
  checkCommand: string
  maxAttempts: string
  groups: readonly string[]
  custom: ReadonlyMap<string, string>
}

export interface MacroContext {
  world: MacroWorld
  host: MacroHost | null
  service: MacroService | null
}

const mostArguments = 32
/** What a shell could take for its own is not let through from values that come from outside. */
const stripped = /[`~$&|'"<>]/g

/** `check!a!b` → the command's name and its arguments; `\!` is an exclamation mark. */
export function splitCall(call: string): { command: string; args: string[] } {
  const [command = '', ...args] = call.split(/(?<!\\)!/).map((part) => part.replaceAll('\\!', '!'))
  return { command, args }
}

/** The command line with everything put in. Arguments may hold macros themselves. */
export function expandCommand(template: string, call: string, context: MacroContext): string {
  const args = splitCall(call).args.map((arg) => expand(arg, context, []))
  return expand(template, context, args)
}

function expand(text: string, context: MacroContext, args: readonly string[]): string {
  return text
    .split('$')
    .map((part, index, parts) => {
      if (index % 2 === 0) return part
      if (part === '') return '$'
      return macro(part, context, args) ?? (index === parts.length - 1 ? `$${part}` : `$${part}$`)
    })
    .join('')
}

function macro(name: string, context: MacroContext, args: readonly string[]): string | undefined {
  const argument = /^ARG(\d+)$/.exec(name)
  if (argument) {
    const n = Number(argument[1])
    return n >= 1 && n <= mostArguments ? (args[n - 1] ?? '') : undefined
  }
  const user = /^USER(\d+)$/.exec(name)
  if (user) return context.world.user(Number(user[1]))
  const [plain = '', ...subjects] = name.split(':')
  return subjects.length > 0 ? onDemand(plain, subjects, context) : ofContext(plain, context)
}

function ofContext(name: string, { host, service, world }: MacroContext): string | undefined {
  const custom = /^_(HOST|SERVICE)([^a-z]+)$/.exec(name)
  if (custom) return clean((custom[1] === 'HOST' ? host : service)?.custom.get(`_${custom[2]}`))
  return (host && hostMacro(name, host, world)) ?? (service && serviceMacro(name, service)) ?? undefined
}

const clean = (value: string | undefined) => value?.replace(stripped, '')

function hostMacro(name: string, host: MacroHost, world: MacroWorld): string | undefined {
  const [group = ''] = host.groups
  const values: Record<string, string> = {
    ...{ HOSTNAME: host.name, HOSTALIAS: host.alias, HOSTADDRESS: host.address, HOSTDISPLAYNAME: host.displayName },
    ...{ HOSTNOTES: host.notes, HOSTNOTESURL: host.notesUrl, HOSTACTIONURL: host.actionUrl, HOSTCHECKCOMMAND: host.checkCommand },
    ...{ MAXHOSTATTEMPTS: host.maxAttempts, HOSTGROUPNAME: group, HOSTGROUPNAMES: host.groups.join(',') },
    // Before the first result, as a line is expanded here.
    ...{ HOSTSTATE: 'UP', HOSTSTATEID: '0', HOSTSTATETYPE: 'HARD', HOSTATTEMPT: '1', HOSTOUTPUT: '', LONGHOSTOUTPUT: '' },
    ...{ HOSTPERFDATA: '', HOSTGROUPALIAS: world.hostgroup(group)?.alias ?? '' },
    HOSTGROUPMEMBERS: world.hostgroup(group)?.members.join(',') ?? '',
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function serviceMacro(name: string, service: MacroService): string | undefined {
  const values: Record<string, string> = {
    ...{ SERVICEDESC: service.description, SERVICEDISPLAYNAME: service.displayName, SERVICENOTES: service.notes },
    ...{ SERVICENOTESURL: service.notesUrl, SERVICEACTIONURL: service.actionUrl, SERVICECHECKCOMMAND: service.checkCommand },
    ...{ MAXSERVICEATTEMPTS: service.maxAttempts, SERVICEGROUPNAME: service.groups[0] ?? '' },
    ...{ SERVICEGROUPNAMES: service.groups.join(','), SERVICESTATE: 'OK', SERVICESTATEID: '0', SERVICESTATETYPE: 'HARD' },
    ...{ SERVICEATTEMPT: '1', SERVICEOUTPUT: '', LONGSERVICEOUTPUT: '', SERVICEPERFDATA: '' },
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** `$HOSTSTATE:h$`, `$SERVICESTATE:h:s$` (no h: the host at hand), `$HOSTSTATE:group:,$` for all its members. */
function onDemand(name: string, [first = '', second]: string[], context: MacroContext): string | undefined {
  const { world } = context
  if (/^_?SERVICE/.test(name) && second !== undefined) {
    const service = world.service(first === '' ? (context.host?.name ?? '') : first, second)
    // An empty host name is always understood; what it does not find is nothing.
    if (!service) return first === '' ? '' : undefined
    return ofContext(name, { world, host: null, service })
  }
  if (/^HOSTGROUP(MEMBERS|ALIAS)$/.test(name)) {
    const group = world.hostgroup(first)
    return name === 'HOSTGROUPALIAS' ? group?.alias : group?.members.join(',')
  }
  if (/^_?HOST/.test(name)) {
    const host = world.host(first)
    if (host) return ofContext(name, { world, host, service: null })
    const members = second === undefined ? undefined : world.hostgroup(first)?.members
    return members?.map((member) => onDemand(name, [member], context) ?? '').join(second)
  }
  return contactMacro(name, first, world)
}

function contactMacro(name: string, of: string, world: MacroWorld): string | undefined {
  const contact = world.contact(of)
  if (!contact) return undefined
  const address = /^CONTACTADDRESS(\d)$/.exec(name)
  if (address) return contact.addresses[Number(address[1])] ?? ''
  const values: Record<string, string> = {
    ...{ CONTACTNAME: of, CONTACTALIAS: contact.alias, CONTACTEMAIL: contact.email, CONTACTPAGER: contact.pager },
  }
  return Object.hasOwn(values, name) ? values[name] : undefined
}
