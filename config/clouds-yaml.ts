/** Finds a cloud where OpenStack's own clients would find it: clouds.yaml, secure.yaml, clouds-public.yaml, OS_* variables. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseDocument } from 'yaml'

type Entry = Record<string, unknown>

export interface CloudEntry {
  /** The entry, merged with its profile and with secure.yaml. May hold secrets: never logged. */
  entry: Entry
  /** Where it was found, for complaints. */
  where: string
}

export interface CloudSearch {
  env: NodeJS.ProcessEnv
  /** A file that was named; otherwise the usual places are searched. */
  file?: string
}

/** The variables that make the cloud `envvars` (or `OS_CLOUD_NAME`). */
const notOfTheCloud = /^OS_(CLOUD|CLOUD_NAME|CLIENT_CONFIG_FILE|CLIENT_SECURE_FILE|CLIENT_VENDOR_FILE)$/

/** Throws an Error that says what is missing and where it was looked for. */
export function findCloud(name: string, { env, file }: CloudSearch): CloudEntry {
  if (name === (env.OS_CLOUD_NAME ?? 'envvars') && file === undefined) {
    const entry = fromVariables(env)
    if (entry === null) throw new Error(`cloud "${name}": no OS_* variables are set`)
    return { entry, where: 'OS_* variables' }
  }
  const found = file ?? firstOf('clouds', env, env.OS_CLIENT_CONFIG_FILE)
  if (found === null) throw new Error(`cloud "${name}": no clouds.yaml in ${places('clouds', env).join(', ')}`)
  const clouds = cloudsIn(found, 'clouds')
  const own = clouds[name]
  if (!isEntry(own))
    throw new Error(`${found}: there is no cloud "${name}"; there are: ${Object.keys(clouds).join(', ') || 'none'}`)
  const secureFile = firstOf('secure', env, env.OS_CLIENT_SECURE_FILE, found)
  const secure = secureFile === null ? undefined : cloudsIn(secureFile, 'clouds')[name]
  const merged = merge(own, isEntry(secure) ? secure : {})
  const profile = typeof merged.profile === 'string' ? merged.profile : merged.cloud
  return { entry: typeof profile === 'string' ? merge(vendor(profile, env), merged) : merged, where: `${found}: clouds.${name}` }
}

function vendor(profile: string, env: NodeJS.ProcessEnv): Entry {
  const file = firstOf('clouds-public', env, env.OS_CLIENT_VENDOR_FILE)
  const entry = file === null ? undefined : cloudsIn(file, 'public-clouds')[profile]
  if (!isEntry(entry))
    throw new Error(
      `profile "${profile}" is not in ${file ?? `any of ${places('clouds-public', env).join(', ')}`}: copy its settings`,
    )
  return entry
}

/** The first file found wins; a variable that names one is asked first. */
function firstOf(kind: string, env: NodeJS.ProcessEnv, named?: string, beside?: string): string | null {
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`${named}: no such file (named by an OS_CLIENT_* variable)`)
    return named
  }
  const near = beside === undefined ? [] : [join(beside, '..', 'secure.yaml')]
  return [...near, ...places(kind, env)].find((path) => existsSync(path)) ?? null
}

function places(kind: string, env: NodeJS.ProcessEnv): string[] {
  const configured = env.XDG_CONFIG_HOME || join(env.HOME ?? homedir(), '.config')
  return ['.', join(configured, 'openstack'), '/etc/openstack'].map((directory) => join(directory, `${kind}.yaml`))
}

function cloudsIn(file: string, key: string): Entry {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`${file}: cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
  const document = parseDocument(text)
  const [problem] = document.errors
  // the message of the parser would quote the line, and the line may hold a password
  if (problem) throw new Error(`${file}:${problem.linePos?.[0].line ?? 1}: not YAML (${problem.code})`)
  const value: unknown = document.toJS()
  return isEntry(value) && isEntry(value[key]) ? value[key] : {}
}

const authKeys = new Set(
  ['auth_url', 'username', 'user_id', 'user_domain_name', 'user_domain_id', 'password', 'token', 'system_scope'].concat(
    ['project_name', 'project_id', 'project_domain_name', 'project_domain_id', 'tenant_name', 'tenant_id'],
    ['domain_id', 'domain_name', 'default_domain_id'],
    ['application_credential_id', 'application_credential_name', 'application_credential_secret'],
  ),
)

function fromVariables(env: NodeJS.ProcessEnv): Entry | null {
  const auth: Entry = {}
  const entry: Entry = { auth }
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('OS_') || notOfTheCloud.test(name) || value === undefined || value === '') continue
    const key = name.slice(3).toLowerCase()
    if (authKeys.has(key)) auth[key] = value
    else entry[key] = value
  }
  return Object.keys(auth).length === 0 ? null : entry
}

function merge(under: Entry, over: Entry): Entry {
  const merged: Entry = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isEntry(below) && isEntry(value) ? merge(below, value) : value
  }
  return merged
}

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)
